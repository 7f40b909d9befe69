// libcu++'s barriers, in namespace npu::concurrency, and the word that they keep in memory: who
// arrives counts down, the last one begins the next phase, and who waits looks for that. Any
// threads may arrive and wait; warps and lanes that wait let the others go on. Part of
// npu/concurrency.h. Source: PTX ISA, "mbarrier"; ISO C++20, [thread.barrier].
#ifndef NPU_PHASE_BARRIER_H
#define NPU_PHASE_BARRIER_H

namespace npu {
namespace concurrency {

#define NPU_MEMBER NPU_HOST_DEVICE NPU_FORCEINLINE

// The phase, the arrivals that each phase expects, and those that are missing from this one: less
// than none while the phase is over and the next has not begun, for who arrives then, arrives at
// the next.
class PhaseWord {
public:
  using Token = unsigned long; // the word as it was at an arrival
  static constexpr Token kMost = 0xfffff;

  NPU_MEMBER static void start(Token *word, Token expected) {
    *word = words(0, expected, expected);
  }
  // `dropped` of the arrivals are not expected any more. `completion` runs before the next phase.
  template <class Completion>
  NPU_MEMBER static Token arrive(Token *word, Token count, Token dropped, Completion &completion) {
    const Token before = __atomic_fetch_sub(word, count + (dropped << kExpected), __ATOMIC_SEQ_CST);
    const long left = leftOf(before);
    if (left <= 0)
      return arrivedEarly(before);
    if (left == long(count))
      begin(word, expectedOf(before) - dropped, completion);
    return before;
  }
  NPU_MEMBER static bool hasPassed(const Token *word, Token token) {
    return phaseNow(word) != half(token) >> kPhaseInHalf;
  }
  NPU_MEMBER static bool hasPassedParity(const Token *word, bool parity) {
    return bool(phaseNow(word) & 1) != parity;
  }
  NPU_MEMBER static Token missing(Token token) { return token & kMost; }

private:
  static constexpr unsigned kExpected = 21, kPhase = 41; // first bits
  NPU_MEMBER static Token words(Token phase, Token expected, Token missing) {
    return phase << kPhase | expected << kExpected | missing;
  }
  NPU_MEMBER static Token phase(Token token) { return token >> kPhase; }
  // Who waits reads the half that has the phase. Arrivals are at another address then, and the
  // device compiler does not take them for the release of a lock that the waiting threads hold.
  using Half = unsigned int __attribute__((may_alias));
  static constexpr unsigned kPhaseInHalf = kPhase - 32;
  NPU_MEMBER static unsigned int half(Token token) { return (unsigned int)(token >> 32); }
  NPU_MEMBER static unsigned int phaseNow(const Token *word) {
    return __atomic_load_n(reinterpret_cast<const Half *>(word) + 1, __ATOMIC_SEQ_CST) >>
           kPhaseInHalf;
  }
  NPU_MEMBER static long leftOf(Token word) {
    return long(word << (64 - kExpected)) >> (64 - kExpected);
  }
  NPU_MEMBER static Token expectedOf(Token word) {
    return (word - Token(leftOf(word))) >> kExpected & kMost;
  }
  // The next phase, and those that are over at once.
  template <class Completion>
  NPU_MEMBER static void begin(Token *word, Token expected, Completion &completion) {
    Token now;
    do {
      completion();
      now = __atomic_add_fetch(word, (Token(1) << kPhase) + expected, __ATOMIC_SEQ_CST);
      expected = expectedOf(now);
    } while (leftOf(now) <= 0 && expected != 0);
  }
  // The token of an arrival at a phase that has not begun.
  NPU_MEMBER static Token arrivedEarly(Token before) {
    const Token early = Token(-leftOf(before)), expected = expectedOf(before);
    const Token rounds = early / (expected != 0 ? expected : 1);
    return words(phase(before) + 1 + rounds, expected, expected - (early - rounds * expected));
  }
};

struct NoCompletion {
  NPU_MEMBER void operator()() const {}
};

template <thread_scope Scope, class Completion = NoCompletion> class barrier : private Completion {
public:
  using arrival_token = PhaseWord::Token;

  barrier() = default;
  NPU_MEMBER explicit barrier(::std::ptrdiff_t expected, Completion completion = Completion())
      : Completion(completion) {
    PhaseWord::start(&word, arrival_token(expected));
  }
  barrier(const barrier &) = delete;
  barrier &operator=(const barrier &) = delete;

  friend NPU_MEMBER void init(barrier *self, ::std::ptrdiff_t expected) {
    PhaseWord::start(&self->word, arrival_token(expected));
  }
  friend NPU_MEMBER void init(barrier *self, ::std::ptrdiff_t expected, Completion completion) {
    new (self) barrier(expected, completion);
  }

  NPU_MEMBER arrival_token arrive(::std::ptrdiff_t update = 1) {
    return PhaseWord::arrive(&word, arrival_token(update), 0, completion());
  }
  NPU_MEMBER void arrive_and_drop() { PhaseWord::arrive(&word, 1, 1, completion()); }
  NPU_MEMBER bool try_wait(arrival_token token) const { return PhaseWord::hasPassed(&word, token); }
  NPU_MEMBER bool try_wait_parity(bool parity) const {
    return PhaseWord::hasPassedParity(&word, parity);
  }
  // The time is a hint that is not taken: one try.
  template <class Duration> NPU_MEMBER bool try_wait_for(arrival_token token, Duration) const {
    return try_wait(token);
  }
  template <class Duration> NPU_MEMBER bool try_wait_parity_for(bool parity, Duration) const {
    return try_wait_parity(parity);
  }
  NPU_MEMBER void wait(arrival_token token) const {
    while (!try_wait(token)) {
    }
  }
  NPU_MEMBER void wait_parity(bool parity) const {
    while (!try_wait_parity(parity)) {
    }
  }
  NPU_MEMBER void arrive_and_wait() { wait(arrive()); }
  NPU_HOST_DEVICE static constexpr ::std::ptrdiff_t max() { return PhaseWord::kMost; }

private:
  NPU_MEMBER Completion &completion() { return *this; }
  arrival_token word;
};

namespace device {
// The word of a barrier, for what works on words: __mbarrier_arrive and its like.
NPU_MEMBER PhaseWord::Token *barrier_native_handle(barrier<thread_scope_block> &of) {
  return reinterpret_cast<PhaseWord::Token *>(&of);
}
} // namespace device

#undef NPU_MEMBER

} // namespace concurrency
} // namespace npu

#endif
