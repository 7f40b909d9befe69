// See sequences.h. XORWOW and MRG32k3a: cuRAND's documented order, number n comes from subsequence
// n mod 4096 (subsequences of 2^67 and 2^76). Philox: one sequence from the start. MT19937: the
// sequence of Matsumoto and Nishimura's program, seeded with the low 32 bits.
#include "sequences.h"

namespace npu::random_api {
namespace {

template <class Engine> class Parallel : public Sequence {
public:
  static constexpr size_t kSubsequences = 4096;
  explicit Parallel(unsigned long long seed) : states(kSubsequences) {
    random::init(seed, 0, 0, &states[0]);
    for (size_t i = 1; i < kSubsequences; ++i) {
      states[i] = states[i - 1];
      nextSubsequence(&states[i]);
    }
  }
  std::unique_ptr<Sequence> copy() const override { return std::make_unique<Parallel>(*this); }
  void skip(unsigned long long numbers) override {
    for (size_t i = 0; i < kSubsequences; ++i) {
      // How often subsequence i is drawn from.
      const size_t after = (i + kSubsequences - next) % kSubsequences;
      if (numbers > after)
        random::skip((numbers - after - 1) / kSubsequences + 1, &states[i]);
    }
    next = size_t((next + numbers) % kSubsequences);
  }
  void bits(unsigned int *out, size_t count) override {
    each(out, count, [](Engine *state) { return random::bits(state); });
  }
  void uniform(float *out, size_t count) override {
    each(out, count, [](Engine *state) { return random::uniform(state); });
  }
  void uniform(double *out, size_t count) override {
    each(out, count, [](Engine *state) { return random::uniformDouble(state); });
  }
  void normal(float *out, size_t count) override {
    for (size_t i = 0; i + 1 < count; i += 2) {
      const float2 pair = random::normal2(take());
      out[i] = pair.x, out[i + 1] = pair.y;
    }
  }
  void normal(double *out, size_t count) override {
    for (size_t i = 0; i + 1 < count; i += 2) {
      const double2 pair = random::normal2Double(take());
      out[i] = pair.x, out[i + 1] = pair.y;
    }
  }
  void poisson(unsigned int *out, size_t count, double mean) override {
    each(out, count, [=](Engine *state) { return random::poisson(state, mean); });
  }

private:
  static void nextSubsequence(random::XorwowState *state) { random::skipSequences(1, state); }
  static void nextSubsequence(random::MrgState *state) { random::skipSubsequences(1, state); }
  Engine *take() {
    Engine *state = &states[next];
    next = (next + 1) % kSubsequences;
    return state;
  }
  template <class T, class Draw> void each(T *out, size_t count, Draw draw) {
    for (size_t i = 0; i < count; ++i)
      out[i] = draw(take());
  }
  std::vector<Engine> states;
  size_t next = 0;
};

// One engine of 32-bit numbers.
template <class Engine> class Serial : public Sequence {
public:
  explicit Serial(const Engine &engine) : engine(engine) {}
  std::unique_ptr<Sequence> copy() const override { return std::make_unique<Serial>(*this); }
  void skip(unsigned long long numbers) override { engine.skip(numbers); }
  void bits(unsigned int *out, size_t count) override {
    for (size_t i = 0; i < count; ++i)
      out[i] = engine.bits();
  }
  void uniform(float *out, size_t count) override {
    for (size_t i = 0; i < count; ++i)
      out[i] = random::detail::uniformOf(engine.bits());
  }
  void uniform(double *out, size_t count) override {
    for (size_t i = 0; i < count; ++i) {
      const unsigned int x = engine.bits(), y = engine.bits();
      out[i] = random::detail::uniformOf(x, y);
    }
  }
  void normal(float *out, size_t count) override {
    for (size_t i = 0; i + 1 < count; i += 2) {
      const unsigned int x = engine.bits(), y = engine.bits();
      const float2 pair = random::detail::normalsOf(x, y);
      out[i] = pair.x, out[i + 1] = pair.y;
    }
  }
  void normal(double *out, size_t count) override {
    for (size_t i = 0; i + 1 < count; i += 2) {
      const unsigned int a = engine.bits(), b = engine.bits(), c = engine.bits(), d = engine.bits();
      const double2 pair = random::detail::normalsOf(a, b, c, d);
      out[i] = pair.x, out[i + 1] = pair.y;
    }
  }
  void poisson(unsigned int *out, size_t count, double mean) override {
    for (size_t i = 0; i < count; ++i)
      out[i] = random::poisson(&engine, mean);
  }

private:
  Engine engine;
};

struct PhiloxEngine {
  random::PhiloxState state;
  random::SpareNormals spare = {};
  void skip(unsigned long long n) { random::skip(n, &state); }
  unsigned int bits() { return random::bits(&state); }
};
struct MersenneEngine {
  std::mt19937 engine;
  random::SpareNormals spare = {};
  void skip(unsigned long long n) { engine.discard(n); }
  unsigned int bits() { return unsigned(engine()); }
};

// The kernel's distributions find these by their arguments' namespace.
inline unsigned int bits(PhiloxEngine *engine) { return engine->bits(); }
inline unsigned int bits(MersenneEngine *engine) { return engine->bits(); }

} // namespace

std::unique_ptr<Sequence> makeXorwow(unsigned long long seed) {
  return std::make_unique<Parallel<random::XorwowState>>(seed);
}
std::unique_ptr<Sequence> makeMrg(unsigned long long seed) {
  return std::make_unique<Parallel<random::MrgState>>(seed);
}
std::unique_ptr<Sequence> makePhilox(unsigned long long seed) {
  PhiloxEngine engine;
  random::init(seed, 0, 0, &engine.state);
  return std::make_unique<Serial<PhiloxEngine>>(engine);
}
std::unique_ptr<Sequence> makeMersenne(unsigned long long seed) {
  return std::make_unique<Serial<MersenneEngine>>(
      MersenneEngine{std::mt19937(static_cast<unsigned int>(seed)), {}});
}

} // namespace npu::random_api
