// Batches of factorisations, solves and inverses, checked by their residuals: those of LAPACK's
// methods are a small multiple of n * u * |A| * |X| (Higham, Accuracy and Stability, 9.3 and 19.3);
// 30 bounds it for matrices of this size.
#include "blas/host_routine.h"
#include "blas_calls.h"
#include "blas_fixture.h"

#include <cmath>

using namespace npu;

namespace {

template <typename T> class BlasFactors : public BlasTest {
protected:
  using R = decltype(std::abs(T()));
  static constexpr int kN = 6, kBatch = 3, kPad = 2;

  T random() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double re = double((state >> 40) % 2001) / 1000 - 1;
    if constexpr (std::is_floating_point_v<T>)
      return T(re);
    else
      return T(typename T::value_type(re), typename T::value_type(double((state >> 20) % 11) / 7));
  }
  // A batch of rows x columns with a leading dimension that is larger, as an array of pointers.
  T **batch(int rows, int columns, bool zeros = false) {
    std::vector<T *> all;
    for (int i = 0; i < kBatch; ++i) {
      std::vector<T> values(size_t((rows + kPad) * columns));
      for (T &value : values)
        value = zeros ? T(0) : random();
      all.push_back(device(values));
    }
    return device(all);
  }
  std::vector<std::vector<T>> copies(T **array, size_t count) {
    std::vector<std::vector<T>> all;
    for (int i = 0; i < kBatch; ++i)
      all.emplace_back(array[i], array[i] + count);
    return all;
  }
  static T at(const T *a, int leading, int row, int column) { return a[column * leading + row]; }
  // max |A X - B| over max |A| * max |X| * n
  void expectSolves(const T *a, int rows, int columns, const T *x, int ldx, const T *b, int ldb,
                    int right) {
    for (int column = 0; column < right; ++column)
      for (int row = 0; row < rows; ++row) {
        T sum = 0;
        R size = std::abs(at(b, ldb, row, column));
        for (int i = 0; i < columns; ++i) {
          sum += at(a, rows + kPad, row, i) * at(x, ldx, i, column);
          size += std::abs(at(a, rows + kPad, row, i) * at(x, ldx, i, column));
        }
        EXPECT_LE(std::abs(sum - at(b, ldb, row, column)),
                  30 * kN * std::numeric_limits<R>::epsilon() * size);
      }
  }
  uint64_t state = 7;
};

using Elements = ::testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(BlasFactors, Elements);

// 18586701 elements, which ssyevd demands for n = 3047, are 18586700 as a single.
TEST(LapackAreas, AreNotSmallerThanTheRoundedAnswer) {
  EXPECT_GE(blas::workElements(18586701.0f), 18586701);
  EXPECT_GE(blas::workElements(std::complex<float>(18586701.0f)), 18586701);
  EXPECT_EQ(blas::workElements(18586701.0), 18586701);
  EXPECT_EQ(blas::workElements(64.0f), 64);
  EXPECT_EQ(blas::workElements(0.0f), 1);
}

TYPED_TEST(BlasFactors, SolvesFromFactorsWithAndWithoutExchanges) {
  using T = TypeParam;
  constexpr int n = TestFixture::kN, count = TestFixture::kBatch, ld = n + TestFixture::kPad;
  for (bool exchanges : {true, false})
    for (npublasOperation_t operation : {NPUBLAS_OP_N, NPUBLAS_OP_C}) {
      T **a = this->batch(n, n), **b = this->batch(n, 2);
      if (!exchanges) // needs pivots that are not small
        for (int i = 0; i < count; ++i)
          for (int d = 0; d < n; ++d)
            a[i][d * ld + d] += T(2 * n);
      const auto originals = this->copies(a, n * ld), sides = this->copies(b, 2 * ld);
      int *pivots = this->device(std::vector<int>(n * count, -1));
      int *info = this->device(std::vector<int>(count, -1)), hostInfo = -1;
      ASSERT_EQ(
          calls::getrfBatched<T>(this->handle, n, a, ld, exchanges ? pivots : nullptr, info, count),
          NPUBLAS_STATUS_SUCCESS);
      EXPECT_EQ(info[0], -1); // in stream order
      ASSERT_EQ(calls::getrsBatched<T>(this->handle, operation, n, 2, a, ld,
                                       exchanges ? pivots : nullptr, b, ld, &hostInfo, count),
                NPUBLAS_STATUS_SUCCESS);
      EXPECT_EQ(hostInfo, 0);
      EXPECT_EQ(this->read(info, count), std::vector<int>(count, 0));
      EXPECT_EQ(exchanges, pivots[0] >= 1);
      for (size_t i = 0; i < count; ++i) {
        std::vector<T> factor = originals[i];
        if (operation == NPUBLAS_OP_C)
          for (int row = 0; row < n; ++row)
            for (int column = 0; column < n; ++column) {
              const T value = originals[i][size_t(row * ld + column)];
              if constexpr (std::is_floating_point_v<T>)
                factor[size_t(column * ld + row)] = value;
              else
                factor[size_t(column * ld + row)] = std::conj(value);
            }
        this->expectSolves(factor.data(), n, n, b[i], ld, sides[i].data(), ld, 2);
      }
    }
}

TYPED_TEST(BlasFactors, InvertsInBothWays) {
  using T = TypeParam;
  constexpr int n = TestFixture::kN, count = TestFixture::kBatch, ld = n + TestFixture::kPad;
  T **a = this->batch(n, n), **c = this->batch(n, n), **d = this->batch(n, n);
  const auto originals = this->copies(a, n * ld);
  std::vector<T> identity(size_t(n * ld));
  for (int i = 0; i < n; ++i)
    identity[size_t(i * ld + i)] = 1;
  int *pivots = this->device(std::vector<int>(n * count));
  int *info = this->device(std::vector<int>(count, -1));
  ASSERT_EQ(calls::matinvBatched<T>(this->handle, n, a, ld, d, ld, info, count),
            NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(calls::getrfBatched<T>(this->handle, n, a, ld, pivots, info, count),
            NPUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(calls::getriBatched<T>(this->handle, n, a, ld, pivots, c, ld, info, count),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(this->read(info, count), std::vector<int>(count, 0));
  for (size_t i = 0; i < count; ++i) {
    this->expectSolves(originals[i].data(), n, n, c[i], ld, identity.data(), ld, n);
    this->expectSolves(originals[i].data(), n, n, d[i], ld, identity.data(), ld, n);
  }
  EXPECT_EQ(calls::matinvBatched<T>(this->handle, 33, a, 33, d, 33, info, count),
            NPUBLAS_STATUS_INVALID_VALUE);
}

TYPED_TEST(BlasFactors, ASingularMatrixIsReportedByItsPivot) {
  using T = TypeParam;
  constexpr int n = TestFixture::kN, count = TestFixture::kBatch, ld = n + TestFixture::kPad;
  int *pivots = this->device(std::vector<int>(n * count));
  int *info = this->device(std::vector<int>(count, -1));
  for (int *exchanges : {pivots, (int *)nullptr}) {
    T **a = this->batch(n, n, true);
    for (int i = 0; i < count; ++i) // the unit matrix without element i + 1
      for (int d = 0; d < n; ++d)
        a[i][d * ld + d] = d == i + 1 ? T(0) : T(1);
    ASSERT_EQ(calls::getrfBatched<T>(this->handle, n, a, ld, exchanges, info, count),
              NPUBLAS_STATUS_SUCCESS);
    EXPECT_EQ(this->read(info, count), (std::vector<int>{2, 3, 4}));
  }
}

TYPED_TEST(BlasFactors, LeastSquaresLeaveAResidualThatIsOrthogonal) {
  using T = TypeParam;
  constexpr int m = 9, n = TestFixture::kN, count = TestFixture::kBatch;
  constexpr int ld = m + TestFixture::kPad;
  T **a = this->batch(m, n), **c = this->batch(m, 1);
  const auto originals = this->copies(a, n * ld), sides = this->copies(c, ld);
  int info = -1, *rank = this->device(std::vector<int>(count, -1));
  ASSERT_EQ(
      calls::gelsBatched<T>(this->handle, NPUBLAS_OP_N, m, n, 1, a, ld, c, ld, &info, rank, count),
      NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(info, 0);
  EXPECT_EQ(this->read(rank, count), std::vector<int>(count, 0));
  using R = typename TestFixture::R;
  for (size_t i = 0; i < count; ++i)
    for (int column = 0; column < n; ++column) {
      T along = 0;
      R size = 0;
      for (int row = 0; row < m; ++row) {
        T rest = sides[i][size_t(row)];
        for (int k = 0; k < n; ++k)
          rest -= originals[i][size_t(k * ld + row)] * c[i][k];
        T element = originals[i][size_t(column * ld + row)];
        if constexpr (!std::is_floating_point_v<T>)
          element = std::conj(element);
        along += element * rest;
        size += std::abs(element) * (std::abs(sides[i][size_t(row)]) + R(n) * std::abs(c[i][0]));
      }
      EXPECT_LE(std::abs(along), 30 * n * std::numeric_limits<R>::epsilon() * size);
    }
  EXPECT_EQ(calls::gelsBatched<T>(this->handle, NPUBLAS_OP_T, m, n, 1, a, ld, c, ld, &info,
                                  (int *)nullptr, count),
            NPUBLAS_STATUS_NOT_SUPPORTED);
}

// Q is orthogonal: the upper triangle R has the columns' products of A.
TYPED_TEST(BlasFactors, QrKeepsTheProductsOfTheColumns) {
  using T = TypeParam;
  using Real = typename TestFixture::R;
  constexpr int m = 9, n = TestFixture::kN, count = TestFixture::kBatch;
  constexpr int ld = m + TestFixture::kPad;
  T **a = this->batch(m, n), **tau = this->batch(n, 1, true);
  const auto originals = this->copies(a, n * ld);
  int info = -1;
  ASSERT_EQ(calls::geqrfBatched<T>(this->handle, m, n, a, ld, tau, &info, count),
            NPUBLAS_STATUS_SUCCESS);
  this->wait();
  EXPECT_EQ(info, 0);
  auto product = [](const T *matrix, int left, int right, int rows) {
    std::complex<double> sum = 0;
    for (int row = 0; row < rows; ++row)
      sum += std::conj(std::complex<double>(matrix[left * ld + row])) *
             std::complex<double>(matrix[right * ld + row]);
    return sum;
  };
  for (size_t i = 0; i < count; ++i) {
    EXPECT_NE(tau[i][0], T(0));
    std::vector<T> upper(a[i], a[i] + n * ld);
    for (int column = 0; column < n; ++column)
      for (int row = column + 1; row < m; ++row)
        upper[size_t(column * ld + row)] = 0;
    for (int left = 0; left < n; ++left)
      for (int right = 0; right < n; ++right) {
        const double size = std::sqrt(std::abs(product(originals[i].data(), left, left, m)) *
                                      std::abs(product(originals[i].data(), right, right, m)));
        EXPECT_LE(std::abs(product(upper.data(), left, right, m) -
                           product(originals[i].data(), left, right, m)),
                  30 * n * std::numeric_limits<Real>::epsilon() * size);
      }
  }
}

TYPED_TEST(BlasFactors, PackedTrianglesHoldTheColumnsOneBehindTheOther) {
  using T = TypeParam;
  const T *full = this->device(std::vector<T>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  T *packed = this->device(std::vector<T>(6)), *back = this->device(std::vector<T>(9));
  ASSERT_EQ(calls::trttp<T>(this->handle, NPUBLAS_FILL_MODE_LOWER, 3, full, 3, packed),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(this->read(packed, 6), (std::vector<T>{1, 2, 3, 5, 6, 9}));
  ASSERT_EQ(calls::tpttr<T>(this->handle, NPUBLAS_FILL_MODE_UPPER, 3, packed, back, 3),
            NPUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(this->read(back, 9), (std::vector<T>{1, 0, 0, 2, 3, 0, 5, 6, 9}));
}

TYPED_TEST(BlasFactors, TriangularSolvesOfABatch) {
  using T = TypeParam;
  constexpr int n = TestFixture::kN, count = TestFixture::kBatch, ld = n + TestFixture::kPad;
  T **a = this->batch(n, n), **b = this->batch(n, 3);
  for (int i = 0; i < count; ++i)
    for (int column = 0; column < n; ++column)
      for (int row = 0; row < n; ++row)
        if (row < column)
          a[i][column * ld + row] = 0;
        else if (row == column)
          a[i][column * ld + row] += T(4);
  const auto sides = this->copies(b, 3 * ld);
  const T one = 1;
  ASSERT_EQ(calls::trsmBatched<T>(this->handle, NPUBLAS_SIDE_LEFT, NPUBLAS_FILL_MODE_LOWER,
                                  NPUBLAS_OP_N, NPUBLAS_DIAG_NON_UNIT, n, 3, &one, a, ld, b, ld,
                                  count),
            NPUBLAS_STATUS_SUCCESS);
  this->wait();
  for (size_t i = 0; i < count; ++i)
    this->expectSolves(a[i], n, n, b[i], ld, sides[i].data(), ld, 3);
}

} // namespace
