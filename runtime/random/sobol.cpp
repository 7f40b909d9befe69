// Sobol sequences in Gray-code order, with the primitive polynomials and initial numbers of Joe and
// Kuo's table new-joe-kuo-6 (2008) for the first 21 dimensions. Normal and Poisson numbers by
// inversion, so that each stays in its dimension.
#include "sequences.h"

#include <cmath>

namespace npu::random_api {
namespace {

struct Row {
  unsigned degree, polynomial; // the polynomial's inner coefficients
  unsigned initial[7];
};
// Dimensions 2 to 21; the first is van der Corput's sequence.
constexpr Row kRows[kSobolDimensions - 1] = {
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
    {6, 19, {1, 1, 1, 15, 7, 5}},
    {6, 22, {1, 3, 1, 15, 13, 25}},
    {6, 25, {1, 1, 5, 5, 19, 61}},
    {7, 1, {1, 3, 7, 11, 23, 15, 103}},
    {7, 4, {1, 3, 7, 13, 13, 15, 69}},
};

// The inverse of the normal distribution function: Wichura's AS 241 (1988), 16 digits.
double quantile(double p) {
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q *
           (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) *
                    r +
                45921.953931549871457) *
                   r +
               13731.693765509461125) *
                  r +
              1971.5909503065514427) *
                 r +
             133.14166789178437745) *
                r +
            3.387132872796366608) /
           (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) *
                    r +
                21213.794301586595867) *
                   r +
               5394.1960214247511077) *
                  r +
              687.1870074920579083) *
                 r +
             42.313330701600911252) *
                r +
            1.0);
  }
  double r = std::sqrt(-std::log(q < 0 ? p : 1 - p)), value;
  if (r <= 5) {
    r -= 1.6;
    value = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r +
                  0.24178072517745061177) *
                     r +
                 1.27045825245236838258) *
                    r +
                3.64784832476320460504) *
                   r +
               5.7694972214606914055) *
                  r +
              4.6303378461565452959) *
                 r +
             1.42343711074968357734) /
            (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r +
                  0.0151986665636164571966) *
                     r +
                 0.14810397642748007459) *
                    r +
                0.68976733498510000455) *
                   r +
               1.6763848301838038494) *
                  r +
              2.05319162663775882187) *
                 r +
             1.0);
  } else {
    r -= 5;
    value = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r +
                  0.0012426609473880784386) *
                     r +
                 0.026532189526576123093) *
                    r +
                0.29656057182850489123) *
                   r +
               1.7848265399172913358) *
                  r +
              5.4637849111641143699) *
                 r +
             6.6579046435011037772) /
            (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r +
                  1.8463183175100546818e-5) *
                     r +
                 7.868691311456132591e-4) *
                    r +
                0.0148753612908506148525) *
                   r +
               0.13692988092273580531) *
                  r +
              0.59983220655588793769) *
                 r +
             1.0);
  }
  return q < 0 ? -value : value;
}

// The smallest count whose distribution function reaches p.
unsigned poissonQuantile(double p, double mean) {
  if (mean > 4000) {
    const double value = mean + std::sqrt(mean) * quantile(p) + 0.5;
    return value > 0 ? unsigned(value) : 0;
  }
  unsigned count = 0;
  double logTerm = -mean, sum = std::exp(logTerm);
  while (sum < p && count < mean + 60 * std::sqrt(mean) + 100) {
    ++count;
    logTerm += std::log(mean / count);
    sum += std::exp(logTerm);
  }
  return count;
}

template <class Word> class Sobol : public Sequence {
public:
  static constexpr unsigned kBits = sizeof(Word) * 8;
  explicit Sobol(unsigned dimensions) : directions(dimensions) {
    for (unsigned d = 0; d < dimensions; ++d)
      for (unsigned i = 0; i < kBits; ++i)
        directions[d].v[i] = direction(d, i);
  }
  std::unique_ptr<Sequence> copy() const override { return std::make_unique<Sobol>(*this); }
  void skip(unsigned long long numbers) override { position += numbers; }
  void bits(unsigned int *out, size_t count) override {
    each(out, count, [](Word x) { return unsigned(x >> (kBits - 32)); });
  }
  bool bits(unsigned long long *out, size_t count) override {
    if (kBits != 64)
      return false;
    each(out, count, [](Word x) { return (unsigned long long)x; });
    return true;
  }
  void uniform(float *out, size_t count) override {
    each(out, count, [](Word x) { return random::detail::uniformOf(unsigned(x >> (kBits - 32))); });
  }
  void uniform(double *out, size_t count) override { each(out, count, fraction); }
  void normal(float *out, size_t count) override {
    each(out, count, [](Word x) { return float(quantile(fraction(x))); });
  }
  void normal(double *out, size_t count) override {
    each(out, count, [](Word x) { return quantile(fraction(x)); });
  }
  void poisson(unsigned int *out, size_t count, double mean) override {
    each(out, count, [=](Word x) { return poissonQuantile(fraction(x), mean); });
  }

private:
  struct Directions {
    Word v[kBits];
  };
  // In (0, 1).
  static double fraction(Word x) {
    const double value = double(x >> (kBits == 64 ? 11 : 0));
    return std::ldexp(value + 0.5, kBits == 64 ? -53 : -32);
  }
  Word direction(unsigned dimension, unsigned i) const {
    if (dimension == 0)
      return Word(1) << (kBits - 1 - i);
    const Row &row = kRows[dimension - 1];
    if (i < row.degree)
      return Word(row.initial[i]) << (kBits - 1 - i);
    const Word *v = directions[dimension].v;
    Word result = v[i - row.degree] ^ (v[i - row.degree] >> row.degree);
    for (unsigned k = 1; k < row.degree; ++k)
      if (row.polynomial >> (row.degree - 1 - k) & 1)
        result ^= v[i - k];
    return result;
  }
  template <class T, class Convert> void each(T *out, size_t count, Convert convert) {
    const size_t per = count / directions.size();
    for (const Directions &directionsOf : directions) {
      unsigned long long gray = position ^ (position >> 1);
      Word x = 0;
      for (unsigned i = 0; gray; ++i, gray >>= 1)
        if (gray & 1)
          x ^= directionsOf.v[i];
      for (size_t k = 0; k < per; ++k) {
        *out++ = convert(x);
        const unsigned changed = unsigned(__builtin_ctzll(position + k + 1));
        if (changed < kBits)
          x ^= directionsOf.v[changed];
      }
    }
    position += per;
  }
  std::vector<Directions> directions;
  unsigned long long position = 0;
};

} // namespace

std::unique_ptr<Sequence> makeSobol(unsigned dimensions, unsigned bits) {
  if (bits == 64)
    return std::make_unique<Sobol<uint64_t>>(dimensions);
  return std::make_unique<Sobol<uint32_t>>(dimensions);
}

} // namespace npu::random_api
