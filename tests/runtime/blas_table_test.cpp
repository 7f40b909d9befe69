// Runs the problems of tests/ops/blas.txt and compares with dense products in double.
//
// Tolerance, as the reference BLAS's own test programs measure: an element's error is at most
// (terms + 4) * u * (the sum of its terms' magnitudes), u the unit roundoff of the element type and
// 4 for the scalings; complex products count twice. Solves are checked by their residual, bounded
// alike.
#include "blas_calls.h"
#include "blas_fixture.h"

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

using namespace npu;
using Value = std::complex<double>;

namespace {

struct Problem {
  std::string line, op, types = "sdcz", side = "l", uplo = "u", trans = "n", diag = "n";
  int64_t m = 0, n = 0, k = 0, kl = 0, ku = 0, incx = 1, incy = 1, pad = 0;
  double alpha = 1, beta = 0;

  npublasSideMode_t sideMode() const {
    return side == "l" ? NPUBLAS_SIDE_LEFT : NPUBLAS_SIDE_RIGHT;
  }
  npublasFillMode_t fill() const {
    return uplo == "l" ? NPUBLAS_FILL_MODE_LOWER : NPUBLAS_FILL_MODE_UPPER;
  }
  npublasOperation_t operation() const {
    return trans == "n" ? NPUBLAS_OP_N : trans == "t" ? NPUBLAS_OP_T : NPUBLAS_OP_C;
  }
  npublasDiagType_t diagonal() const {
    return diag == "u" ? NPUBLAS_DIAG_UNIT : NPUBLAS_DIAG_NON_UNIT;
  }
  bool is(const char *stem) const { return op == stem; }
  bool hermitian() const { return op[0] == 'h'; }
};

Problem parse(const std::string &line) {
  Problem p;
  p.line = line;
  std::map<std::string, std::string *> texts = {{"op", &p.op},       {"types", &p.types},
                                                {"side", &p.side},   {"uplo", &p.uplo},
                                                {"trans", &p.trans}, {"diag", &p.diag}};
  std::map<std::string, int64_t *> sizes = {{"m", &p.m},       {"n", &p.n},    {"k", &p.k},
                                            {"kl", &p.kl},     {"ku", &p.ku},  {"incx", &p.incx},
                                            {"incy", &p.incy}, {"pad", &p.pad}};
  std::map<std::string, double *> scalars = {{"alpha", &p.alpha}, {"beta", &p.beta}};
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const std::string key = word.substr(0, word.find('=')), value = word.substr(key.size() + 1);
    if (texts.count(key))
      *texts.at(key) = value;
    else if (sizes.count(key))
      *sizes.at(key) = std::stoll(value);
    else
      *scalars.at(key) = std::stod(value);
  }
  return p;
}

std::vector<Problem> problems() {
  std::ifstream file(NPU_BLAS_PROBLEMS);
  std::vector<Problem> all;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#')
      all.push_back(parse(line));
  return all;
}

// A dense matrix of exact values.
struct Dense {
  int64_t rows = 0, columns = 0;
  std::vector<Value> values;
  Dense(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), values(size_t(rows * columns)) {}
  Value &at(int64_t row, int64_t column) { return values[size_t(column * rows + row)]; }
  Value at(int64_t row, int64_t column) const { return values[size_t(column * rows + row)]; }
};

Dense applied(const Dense &a, npublasOperation_t operation) {
  if (operation == NPUBLAS_OP_N)
    return a;
  Dense result(a.columns, a.rows);
  for (int64_t row = 0; row < a.rows; ++row)
    for (int64_t column = 0; column < a.columns; ++column)
      result.at(column, row) =
          operation == NPUBLAS_OP_C ? std::conj(a.at(row, column)) : a.at(row, column);
  return result;
}

// sum = alpha * A * B + beta * C and, in `size`, the sum of the terms' magnitudes.
struct Result {
  Dense sum, size;
};
Result combine(Value alpha, const Dense &a, const Dense &b, Value beta, const Dense *c) {
  Result result = {Dense(a.rows, b.columns), Dense(a.rows, b.columns)};
  for (int64_t row = 0; row < a.rows; ++row)
    for (int64_t column = 0; column < b.columns; ++column) {
      Value sum = 0;
      double size = 0;
      for (int64_t i = 0; i < a.columns; ++i) {
        sum += a.at(row, i) * b.at(i, column);
        size += std::abs(a.at(row, i) * b.at(i, column));
      }
      result.sum.at(row, column) = alpha == 0.0 ? 0 : alpha * sum;
      result.size.at(row, column) = alpha == 0.0 ? 0 : std::abs(alpha) * size;
      if (c && beta != 0.0) {
        result.sum.at(row, column) += beta * c->at(row, column);
        result.size.at(row, column) += std::abs(beta * c->at(row, column));
      }
    }
  return result;
}

void add(Result &to, const Result &other) {
  for (size_t i = 0; i < to.sum.values.size(); ++i) {
    to.sum.values[i] += other.sum.values[i];
    to.size.values[i] += other.size.values[i];
  }
}

template <typename T> struct Types {
  static constexpr bool complex = !std::is_floating_point_v<T>;
  using Real = decltype(std::abs(T()));
  static T make(double re, double im) {
    if constexpr (complex)
      return T(typename T::value_type(re), typename T::value_type(im));
    else
      return T(re);
  }
};

int64_t firstIndex(int64_t count, int64_t step) { return step < 0 ? (1 - count) * step : 0; }

// One run: operands in device memory, the call, the comparison.
template <typename T> class Run {
public:
  using R = typename Types<T>::Real;
  Run(const Problem &problem, npublasHandle_t handle, bool deviceScalars)
      : p(problem), handle(handle), deviceScalars(deviceScalars) {}
  void go();

private:
  static constexpr bool kComplex = Types<T>::complex;

  double random() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return double((state >> 40) % 2001) / 1000 - 1;
  }
  T value() { return Types<T>::make(random(), random()); }
  static T nan() { return Types<T>::make(std::nan(""), std::nan("")); }

  template <typename V> V *memory(const std::vector<V> &values) {
    V *data = static_cast<V *>(fake_core::allocate(values.size() * sizeof(V) + 1));
    std::copy(values.begin(), values.end(), data);
    return data;
  }
  template <typename V> const V *scalar(V v) {
    if (deviceScalars)
      return memory(std::vector<V>{v});
    held.push_back(std::make_shared<V>(v));
    return static_cast<V *>(held.back().get());
  }

  // A stored matrix and what it means. `keep(row, column)`: stored; else NaN, and 0 in `dense`.
  template <typename F> T *matrix(Dense &dense, int64_t leading, F keep) {
    std::vector<T> stored(size_t(leading * dense.columns), nan());
    for (int64_t column = 0; column < dense.columns; ++column)
      for (int64_t row = 0; row < dense.rows; ++row)
        if (keep(row, column)) {
          const T v = value();
          stored[size_t(column * leading + row)] = v;
          dense.at(row, column) = Value(v);
        }
    return memory(stored);
  }
  T *whole(Dense &dense, int64_t leading) {
    return matrix(dense, leading, [](int64_t, int64_t) { return true; });
  }
  bool inTriangle(int64_t row, int64_t column) const {
    return p.fill() == NPUBLAS_FILL_MODE_LOWER ? row >= column : row <= column;
  }
  T *vector(Dense &dense, int64_t step, bool poison = false) {
    const int64_t count = dense.rows;
    std::vector<T> stored(size_t(std::max<int64_t>(count - 1, 0) * std::abs(step) + 1), nan());
    for (int64_t i = 0; i < count; ++i) {
      const T v = poison ? nan() : value();
      stored[size_t(firstIndex(count, step) + i * step)] = v;
      dense.at(i, 0) = Value(v);
    }
    return memory(stored);
  }

  // Makes the other triangle of a symmetric or Hermitian matrix.
  void reflect(Dense &a) const {
    for (int64_t row = 0; row < a.rows; ++row)
      for (int64_t column = 0; column < a.columns; ++column)
        if (!inTriangle(row, column))
          a.at(row, column) = p.hermitian() ? std::conj(a.at(column, row)) : a.at(column, row);
        else if (row == column && p.hermitian())
          a.at(row, row) = a.at(row, row).real();
  }
  // A triangular matrix whose solves are well conditioned; the stored unit diagonal is not read.
  T *triangle(Dense &a, int64_t leading, int64_t band) {
    std::vector<T> stored(size_t(leading * a.columns), nan());
    for (int64_t column = 0; column < a.columns; ++column)
      for (int64_t row = 0; row < a.rows; ++row) {
        if (!inTriangle(row, column) || std::abs(row - column) > band)
          continue;
        T v = value() / T(R(a.rows));
        if (row == column)
          v += T(1);
        const bool unread = row == column && p.diagonal() == NPUBLAS_DIAG_UNIT;
        stored[size_t(column * leading + row)] = unread ? nan() : v;
        a.at(row, column) = unread ? Value(1) : Value(v);
      }
    return memory(stored);
  }
  // Full storage to the band's: diagonal d of column c in row ku + d.
  std::vector<T> banded(const T *full, int64_t rows, int64_t columns, int64_t leadingFull,
                        int64_t lower, int64_t upper, int64_t leading) {
    std::vector<T> band(size_t(leading * columns), nan());
    for (int64_t column = 0; column < columns; ++column)
      for (int64_t row = std::max<int64_t>(0, column - upper);
           row < std::min(rows, column + lower + 1); ++row)
        band[size_t(column * leading + upper + row - column)] = full[column * leadingFull + row];
    return band;
  }
  std::vector<T> packed(const T *full, int64_t n, int64_t leading) {
    std::vector<T> result;
    for (int64_t column = 0; column < n; ++column)
      for (int64_t row = 0; row < n; ++row)
        if (inTriangle(row, column))
          result.push_back(full[column * leading + row]);
    return result;
  }

  double unit() const { return std::numeric_limits<R>::epsilon() / 2; }
  void expectClose(Value actual, Value expected, Value size, int64_t terms) const {
    const double bound = unit() * double(terms + 4) * (kComplex ? 2 : 1) * size.real();
    EXPECT_LE(std::abs(actual - expected), bound)
        << p.line << " type of " << sizeof(T) << " bytes: " << actual << ", not " << expected;
    EXPECT_FALSE(std::isnan(std::abs(actual))) << p.line;
  }
  void done(npublasStatus_t status) {
    ASSERT_EQ(status, NPUBLAS_STATUS_SUCCESS) << p.line;
    ASSERT_TRUE(core::synchronize(nullptr).ok()) << p.line;
  }
  void expectVector(const T *y, int64_t step, const Result &expected, int64_t terms) const {
    const int64_t count = expected.sum.rows;
    for (int64_t i = 0; i < count; ++i)
      expectClose(Value(y[firstIndex(count, step) + i * step]), expected.sum.at(i, 0),
                  expected.size.at(i, 0), terms);
  }
  template <typename F>
  void expectMatrix(const T *c, int64_t leading, const Result &expected, int64_t terms, F kept) {
    for (int64_t column = 0; column < expected.sum.columns; ++column)
      for (int64_t row = 0; row < expected.sum.rows; ++row)
        if (kept(row, column))
          expectClose(Value(c[column * leading + row]), expected.sum.at(row, column),
                      expected.size.at(row, column), terms);
        else
          EXPECT_TRUE(std::isnan(std::abs(c[column * leading + row]))) << p.line << ": was written";
  }

  void productWithVector();
  void triangleWithVector();
  void update();
  void productOfTriangle();
  void rankK();
  void triangleWithMatrix();
  void diagonalProduct();

  const Problem &p;
  npublasHandle_t handle;
  bool deviceScalars;
  uint64_t state = 1;
  std::vector<std::shared_ptr<void>> held;
};

template <typename T> void Run<T>::productWithVector() {
  const bool band = p.is("gbmv");
  const int64_t m = band ? p.m : p.n, n = p.n;
  const int64_t lower = band ? p.kl : p.is("hbmv") ? p.k : m, upper = band ? p.ku : lower;
  const T alpha = p.alpha == 0 ? T(0) : Types<T>::make(p.alpha, 0.5), beta = T(R(p.beta));
  const int64_t lda = std::max<int64_t>(m, 1) + p.pad;
  Dense a(m, n);
  T *full = matrix(a, lda, [&](int64_t row, int64_t column) {
    return (band || inTriangle(row, column)) && row - column <= lower && column - row <= upper;
  });
  if (!band)
    reflect(a);
  const Dense f = applied(a, band ? p.operation() : NPUBLAS_OP_N);
  Dense x(f.columns, 1), y(f.rows, 1);
  const T *xs = vector(x, p.incx);
  T *ys = vector(y, p.incy, p.beta == 0);
  const Result expected = combine(Value(alpha), f, x, Value(beta), &y);
  const T *al = scalar(alpha), *be = scalar(beta);
  const int in = int(n), ix = int(p.incx), iy = int(p.incy);
  if (p.alpha == 0) { // neither is read
    full = nullptr;
    xs = nullptr;
  }
  if (deviceScalars && p.alpha == 0)
    return; // whether they are read is then not known at the call
  if (band) {
    const int64_t ld = lower + upper + 1 + p.pad;
    const T *stored = full ? memory(banded(full, m, n, lda, lower, upper, ld)) : nullptr;
    done(calls::gbmv<T>(handle, p.operation(), int(m), in, int(lower), int(upper), al, stored,
                        int(ld), xs, ix, be, ys, iy));
  } else if (p.is("hbmv")) {
    const int64_t ld = p.k + 1 + p.pad;
    const bool low = p.fill() == NPUBLAS_FILL_MODE_LOWER;
    const T *stored =
        full ? memory(banded(full, n, n, lda, low ? p.k : 0, low ? 0 : p.k, ld)) : nullptr;
    done(calls::hbmv<T>(handle, p.fill(), in, int(p.k), al, stored, int(ld), xs, ix, be, ys, iy));
  } else if (p.is("hpmv")) {
    const T *stored = full ? memory(packed(full, n, lda)) : nullptr;
    done(calls::hpmv<T>(handle, p.fill(), in, al, stored, xs, ix, be, ys, iy));
  } else if (p.is("hemv")) {
    done(calls::hemv<T>(handle, p.fill(), in, al, full, int(lda), xs, ix, be, ys, iy));
  } else {
    done(calls::symv<T>(handle, p.fill(), in, al, full, int(lda), xs, ix, be, ys, iy));
  }
  expectVector(ys, p.incy, expected, f.columns);
}

template <typename T> void Run<T>::triangleWithVector() {
  const int64_t n = p.n, lda = std::max<int64_t>(n, 1) + p.pad;
  const bool isBand = p.op[1] == 'b', isPacked = p.op[1] == 'p', solves = p.op[2] == 's';
  Dense a(n, n);
  const T *full = triangle(a, lda, isBand ? p.k : n);
  const Dense f = applied(a, p.operation());
  Dense x(n, 1);
  T *xs = vector(x, p.incx);
  const int in = int(n), ix = int(p.incx);
  const auto u = p.fill();
  const auto t = p.operation();
  const auto d = p.diagonal();
  if (isBand) {
    const int64_t ld = p.k + 1 + p.pad;
    const bool low = u == NPUBLAS_FILL_MODE_LOWER;
    const T *stored = memory(banded(full, n, n, lda, low ? p.k : 0, low ? 0 : p.k, ld));
    done((solves
              ? calls::tbsv<T, npublasHandle_t, npublasFillMode_t, npublasOperation_t,
                            npublasDiagType_t, int, int, const T *, int, T *, int>
              : calls::tbmv<T, npublasHandle_t, npublasFillMode_t, npublasOperation_t,
                            npublasDiagType_t, int, int, const T *, int, T *, int>)(handle, u, t, d,
                                                                                    in, int(p.k),
                                                                                    stored, int(ld),
                                                                                    xs, ix));
  } else if (isPacked) {
    const T *stored = memory(packed(full, n, lda));
    done(solves ? calls::tpsv<T>(handle, u, t, d, in, stored, xs, ix)
                : calls::tpmv<T>(handle, u, t, d, in, stored, xs, ix));
  } else {
    done(solves ? calls::trsv<T>(handle, u, t, d, in, full, int(lda), xs, ix)
                : calls::trmv<T>(handle, u, t, d, in, full, int(lda), xs, ix));
  }
  if (!solves)
    return expectVector(xs, p.incx, combine(1, f, x, 0, nullptr), n);
  Dense solution(n, 1);
  for (int64_t i = 0; i < n; ++i)
    solution.at(i, 0) = Value(xs[firstIndex(n, p.incx) + i * p.incx]);
  const Result back = combine(1, f, solution, 0, nullptr);
  for (int64_t i = 0; i < n; ++i)
    expectClose(back.sum.at(i, 0), x.at(i, 0), back.size.at(i, 0) + std::abs(x.at(i, 0)), n);
}

template <typename T> void Run<T>::update() {
  const bool general = p.op.substr(0, 3) == "ger", two = p.op.back() == '2';
  const bool isPacked = p.op[1] == 'p';
  const bool conjugate = p.is("gerc") || p.hermitian();
  const int64_t m = general ? p.m : p.n, n = p.n, lda = m + p.pad;
  const bool realAlpha = p.hermitian() && !two;
  const T alpha = Types<T>::make(p.alpha, realAlpha || p.alpha == 0 ? 0 : 0.5);
  Dense a(m, n), x(m, 1), y(n, 1);
  auto kept = [&](int64_t row, int64_t column) { return general || inTriangle(row, column); };
  T *full = matrix(a, lda, kept);
  if (p.hermitian() && p.alpha != 0)
    for (int64_t i = 0; i < n; ++i)
      a.at(i, i) = a.at(i, i).real(); // the stored imaginary part counts as 0
  const T *xs = vector(x, p.incx), *ys = vector(y, p.incy);
  const auto other = conjugate ? NPUBLAS_OP_C : NPUBLAS_OP_T;
  Result expected = combine(Value(alpha), x, applied(general || two ? y : x, other), 1, &a);
  if (two)
    add(expected, combine(p.hermitian() ? std::conj(Value(alpha)) : Value(alpha), y,
                          applied(x, other), 0, nullptr));
  const int in = int(n), ix = int(p.incx), iy = int(p.incy), ld = int(lda);
  const auto u = p.fill();
  T *stored = isPacked ? memory(packed(full, n, lda)) : full;
  const T *al = realAlpha ? nullptr : scalar(alpha);
  const R *real = realAlpha ? scalar(R(p.alpha)) : nullptr;
  if (p.is("geru"))
    done(calls::geru<T>(handle, int(m), in, al, xs, ix, ys, iy, full, ld));
  else if (p.is("gerc"))
    done(calls::gerc<T>(handle, int(m), in, al, xs, ix, ys, iy, full, ld));
  else if (p.is("syr"))
    done(calls::syr<T>(handle, u, in, al, xs, ix, full, ld));
  else if (p.is("her"))
    done(calls::her<T>(handle, u, in, real, xs, ix, full, ld));
  else if (p.is("hpr"))
    done(calls::hpr<T>(handle, u, in, real, xs, ix, stored));
  else if (p.is("syr2"))
    done(calls::syr2<T>(handle, u, in, al, xs, ix, ys, iy, full, ld));
  else if (p.is("her2"))
    done(calls::her2<T>(handle, u, in, al, xs, ix, ys, iy, full, ld));
  else
    done(calls::hpr2<T>(handle, u, in, al, xs, ix, ys, iy, stored));
  if (isPacked) {
    int64_t at = 0;
    for (int64_t column = 0; column < n; ++column)
      for (int64_t row = 0; row < n; ++row)
        if (inTriangle(row, column))
          full[column * lda + row] = stored[at++];
  }
  expectMatrix(full, lda, expected, 2, kept);
}

template <typename T> void Run<T>::productOfTriangle() {
  const int64_t m = p.m, n = p.n, order = p.side == "l" ? m : n;
  const int64_t lda = std::max<int64_t>(order, 1) + p.pad, ldb = std::max<int64_t>(m, 1) + p.pad;
  const T alpha = p.alpha == 0 ? T(0) : Types<T>::make(p.alpha, 0.5), beta = T(R(p.beta));
  Dense a(order, order), b(m, n), c(m, n);
  const T *as =
      matrix(a, lda, [&](int64_t row, int64_t column) { return inTriangle(row, column); });
  reflect(a);
  const T *bs = whole(b, ldb);
  T *cs = p.beta == 0 ? matrix(c, ldb, [](int64_t, int64_t) { return false; }) : whole(c, ldb);
  const Result expected = p.side == "l" ? combine(Value(alpha), a, b, Value(beta), &c)
                                        : combine(Value(alpha), b, a, Value(beta), &c);
  const T *al = scalar(alpha), *be = scalar(beta);
  if (p.is("symm"))
    done(
        calls::symm_64<T>(handle, p.sideMode(), p.fill(), m, n, al, as, lda, bs, ldb, be, cs, ldb));
  else
    done(calls::hemm<T>(handle, p.sideMode(), p.fill(), int(m), int(n), al, as, int(lda), bs,
                        int(ldb), be, cs, int(ldb)));
  expectMatrix(cs, ldb, expected, order, [](int64_t, int64_t) { return true; });
}

template <typename T> void Run<T>::rankK() {
  const int64_t n = p.n, k = p.k;
  const bool plain = p.trans == "n", two = p.op.find("2k") != std::string::npos;
  const bool mixed = p.op.back() == 'x';
  const int64_t rows = plain ? n : k, columns = plain ? k : n;
  const int64_t lda = std::max<int64_t>(rows, 1) + p.pad, ldc = std::max<int64_t>(n, 1) + p.pad;
  const bool realAlpha = p.is("herk");
  const T alpha = Types<T>::make(p.alpha, realAlpha || p.alpha == 0 ? 0 : 0.5);
  Dense a(rows, columns), b(rows, columns), c(n, n);
  const T *as = whole(a, lda), *bs = whole(b, lda);
  auto kept = [&](int64_t row, int64_t column) { return inTriangle(row, column); };
  T *cs =
      p.beta == 0 ? matrix(c, ldc, [](int64_t, int64_t) { return false; }) : matrix(c, ldc, kept);
  if (p.hermitian())
    for (int64_t i = 0; i < n; ++i)
      c.at(i, i) = c.at(i, i).real();
  const auto turned = p.hermitian() ? NPUBLAS_OP_C : NPUBLAS_OP_T;
  auto pair = [&](Value by, const Dense &left, const Dense &right, double beta) {
    return combine(by, applied(left, plain ? NPUBLAS_OP_N : turned),
                   applied(right, plain ? turned : NPUBLAS_OP_N), beta, &c);
  };
  Result expected = pair(Value(alpha), a, two || mixed ? b : a, p.beta);
  if (two)
    add(expected, pair(p.hermitian() ? std::conj(Value(alpha)) : Value(alpha), b, a, 0));
  const int in = int(n), ik = int(k), ia = int(lda), ic = int(ldc);
  const auto u = p.fill();
  const auto t = p.hermitian() && !kComplex && !plain ? NPUBLAS_OP_T : p.operation();
  const T *al = scalar(alpha), *be = scalar(T(R(p.beta)));
  const R *realAl = scalar(R(p.alpha)), *realBe = scalar(R(p.beta));
  if (p.is("syrk"))
    done(calls::syrk<T>(handle, u, t, in, ik, al, as, ia, be, cs, ic));
  else if (p.is("herk"))
    done(calls::herk<T>(handle, u, t, in, ik, realAl, as, ia, realBe, cs, ic));
  else if (p.is("syr2k"))
    done(calls::syr2k<T>(handle, u, t, in, ik, al, as, ia, bs, ia, be, cs, ic));
  else if (p.is("her2k"))
    done(calls::her2k<T>(handle, u, t, in, ik, al, as, ia, bs, ia, realBe, cs, ic));
  else if (p.is("syrkx"))
    done(calls::syrkx<T>(handle, u, t, in, ik, al, as, ia, bs, ia, be, cs, ic));
  else
    done(calls::herkx<T>(handle, u, t, in, ik, al, as, ia, bs, ia, realBe, cs, ic));
  if (mixed && p.hermitian()) // the caller promises a Hermitian product; this one has a diagonal
    for (int64_t i = 0; i < n; ++i)
      expected.sum.at(i, i) = expected.sum.at(i, i).real();
  expectMatrix(cs, ldc, expected, two ? 2 * k : k, kept);
}

template <typename T> void Run<T>::triangleWithMatrix() {
  const int64_t m = p.m, n = p.n, order = p.side == "l" ? m : n;
  const int64_t lda = std::max<int64_t>(order, 1) + p.pad, ldb = std::max<int64_t>(m, 1) + p.pad;
  const T alpha = p.alpha == 0 ? T(0) : Types<T>::make(p.alpha, 0.5);
  Dense a(order, order), b(m, n);
  const T *as = triangle(a, lda, order);
  const Dense f = applied(a, p.operation());
  T *bs = whole(b, ldb);
  const T *al = scalar(alpha);
  auto all = [](int64_t, int64_t) { return true; };
  if (p.is("trmm")) {
    Dense c(m, n);
    T *cs = matrix(c, ldb, [](int64_t, int64_t) { return false; });
    done(calls::trmm<T>(handle, p.sideMode(), p.fill(), p.operation(), p.diagonal(), int(m), int(n),
                        al, as, int(lda), bs, int(ldb), cs, int(ldb)));
    return expectMatrix(cs, ldb,
                        p.side == "l" ? combine(Value(alpha), f, b, 0, nullptr)
                                      : combine(Value(alpha), b, f, 0, nullptr),
                        order, all);
  }
  done(calls::trsm_64<T>(handle, p.sideMode(), p.fill(), p.operation(), p.diagonal(), m, n, al, as,
                         lda, bs, ldb));
  Dense x(m, n);
  for (int64_t column = 0; column < n; ++column)
    for (int64_t row = 0; row < m; ++row)
      x.at(row, column) = Value(bs[column * ldb + row]);
  const Result back = p.side == "l" ? combine(1, f, x, 0, nullptr) : combine(1, x, f, 0, nullptr);
  for (int64_t column = 0; column < n; ++column)
    for (int64_t row = 0; row < m; ++row) {
      const Value wanted = Value(alpha) * b.at(row, column);
      expectClose(back.sum.at(row, column), wanted, back.size.at(row, column) + std::abs(wanted),
                  order);
    }
}

template <typename T> void Run<T>::diagonalProduct() {
  const int64_t m = p.m, n = p.n, lda = m + p.pad, count = p.side == "l" ? m : n;
  Dense a(m, n), x(count, 1), c(m, n), d(count, count);
  const T *as = whole(a, lda), *xs = vector(x, p.incx);
  T *cs = matrix(c, lda, [](int64_t, int64_t) { return false; });
  for (int64_t i = 0; i < count; ++i)
    d.at(i, i) = x.at(i, 0);
  done(calls::dgmm<T>(handle, p.sideMode(), int(m), int(n), as, int(lda), xs, int(p.incx), cs,
                      int(lda)));
  expectMatrix(cs, lda, p.side == "l" ? combine(1, d, a, 0, nullptr) : combine(1, a, d, 0, nullptr),
               1, [](int64_t, int64_t) { return true; });
}

template <typename T> void Run<T>::go() {
  const std::string &op = p.op;
  if (op == "dgmm")
    diagonalProduct();
  else if (op == "trmm" || op == "trsm")
    triangleWithMatrix();
  else if (op[0] == 't')
    triangleWithVector();
  else if (op == "symm" || op == "hemm")
    productOfTriangle();
  else if (op.find('k') != std::string::npos)
    rankK();
  else if (op.substr(op.size() - 2) == "mv")
    productWithVector();
  else
    update();
}

class BlasTable : public BlasTest {};

template <typename T> void runAll(npublasHandle_t handle, char type) {
  int runs = 0;
  for (const Problem &problem : problems()) {
    if (problem.types.find(type) == std::string::npos)
      continue;
    for (bool deviceScalars : {false, true}) {
      ASSERT_EQ(npublasSetPointerMode(handle, deviceScalars ? NPUBLAS_POINTER_MODE_DEVICE
                                                            : NPUBLAS_POINTER_MODE_HOST),
                NPUBLAS_STATUS_SUCCESS);
      Run<T>(problem, handle, deviceScalars).go();
      ++runs;
    }
  }
  EXPECT_GT(runs, 100);
}

TEST_F(BlasTable, SinglesAreAsExactAsTheirFormatAllows) { runAll<float>(handle, 's'); }
TEST_F(BlasTable, DoublesAreAsExactAsTheirFormatAllows) { runAll<double>(handle, 'd'); }
TEST_F(BlasTable, ComplexSinglesAreAsExactAsTheirFormatAllows) {
  runAll<std::complex<float>>(handle, 'c');
}
TEST_F(BlasTable, ComplexDoublesAreAsExactAsTheirFormatAllows) {
  runAll<std::complex<double>>(handle, 'z');
}

} // namespace
