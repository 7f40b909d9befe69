// Sparse direct solvers: solutions of A x = b by every method and order, factors that are kept, and
// factorisations anew, against the equations.
#include <cusolverRf.h>
#include <cusolverSp.h>
#include <cusolverSp_LOWLEVEL_PREVIEW.h>
#include <cusparse.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <vector>

#define SOLVER(call) EXPECT((call) == CUSOLVER_STATUS_SUCCESS)

template <class T> struct Memory {
  T *data;
  explicit Memory(size_t count) { OK(cudaMallocManaged(&data, count * sizeof(T))); }
  explicit Memory(const std::vector<T> &from) : Memory(from.size()) {
    std::copy(from.begin(), from.end(), data);
  }
  ~Memory() { OK(cudaFree(data)); }
  T &operator[](size_t i) { return data[i]; }
};

static cusolverSpHandle_t handle;
static cusparseMatDescr_t descr;

// Five points of a grid of side x side: symmetric and positive, or with a wind and turned rows.
struct Matrix {
  int n = 0;
  std::vector<int> offsets{0}, indices;
  std::vector<double> values;
  int nnz() const { return int(indices.size()); }
  double residual(const double *x, const double *b) const {
    double worst = 0;
    for (int row = 0; row < n; ++row) {
      double sum = -b[row];
      for (int i = offsets[row]; i < offsets[row + 1]; ++i)
        sum += values[i] * x[indices[i]];
      worst = std::max(worst, std::fabs(sum));
    }
    return worst;
  }
};
static Matrix grid(int side, double wind, bool turned) {
  Matrix A;
  A.n = side * side;
  for (int place = 0; place < A.n; ++place) {
    const int row = turned ? (place + 1) % A.n : place, x = row % side, y = row / side;
    const auto add = [&](bool inside, int column, double value) {
      if (inside) {
        A.indices.push_back(column);
        A.values.push_back(value);
      }
    };
    add(y > 0, row - side, -1 - wind);
    add(x > 0, row - 1, -1);
    add(true, row, 4.01);
    add(x + 1 < side, row + 1, -1 + wind);
    add(y + 1 < side, row + side, -1);
    A.offsets.push_back(A.nnz());
  }
  return A;
}
static std::vector<double> numbers(int n) {
  std::vector<double> result(n);
  for (int i = 0; i < n; ++i)
    result[i] = std::sin(1 + 3.0 * i);
  return result;
}

static void solutions() {
  const Matrix A = grid(13, 0, false), B = grid(13, 0.3, true);
  const std::vector<double> b = numbers(A.n);
  std::vector<double> x(A.n);
  int singular = 7;
#define ARRAYS(M) M.values.data(), M.offsets.data(), M.indices.data()
  for (int reorder = 0; reorder < 4; ++reorder) {
    SOLVER(cusolverSpDcsrlsvcholHost(handle, A.n, A.nnz(), descr, ARRAYS(A), b.data(), 0, reorder,
                                     x.data(), &singular));
    EXPECT(singular == -1 && A.residual(x.data(), b.data()) < 1e-12);
    SOLVER(cusolverSpDcsrlsvluHost(handle, B.n, B.nnz(), descr, ARRAYS(B), b.data(), 0, reorder,
                                   x.data(), &singular));
    EXPECT(singular == -1 && B.residual(x.data(), b.data()) < 1e-10);
    SOLVER(cusolverSpDcsrlsvqrHost(handle, B.n, B.nnz(), descr, ARRAYS(B), b.data(), 0, reorder,
                                   x.data(), &singular));
    EXPECT(singular == -1 && B.residual(x.data(), b.data()) < 1e-10);
  }
  Memory<int> offsets(A.offsets), indices(A.indices);
  Memory<double> values(A.values), right(b), left(A.n);
  SOLVER(cusolverSpDcsrlsvqr(handle, A.n, A.nnz(), descr, values.data, offsets.data, indices.data,
                             right.data, 1e-12, 1, left.data, &singular));
  EXPECT(singular == -1 && A.residual(left.data, b.data()) < 1e-12);
  SOLVER(cusolverSpDcsrlsvchol(handle, A.n, A.nnz(), descr, values.data, offsets.data, indices.data,
                               right.data, 1e-12, 2, left.data, &singular));
  EXPECT(singular == -1 && A.residual(left.data, b.data()) < 1e-12);

  // A row of zeros, a matrix that is not positive, and complex numbers.
  Matrix C = A;
  std::fill(C.values.begin() + C.offsets[5], C.values.begin() + C.offsets[6], 0.0);
  SOLVER(cusolverSpDcsrlsvqrHost(handle, C.n, C.nnz(), descr, ARRAYS(C), b.data(), 1e-12, 0,
                                 x.data(), &singular));
  EXPECT(singular >= 0);
  SOLVER(cusolverSpDcsrlsvcholHost(handle, C.n, C.nnz(), descr, ARRAYS(C), b.data(), 1e-12, 0,
                                   x.data(), &singular));
  EXPECT(singular == 5);
  const int small[] = {0, 2, 4}, columns[] = {0, 1, 0, 1};
  const cuDoubleComplex z[] = {{0, 1}, {2, 0}, {1, 1}, {0, -1}}, zb[] = {{1, 0}, {0, 2}};
  cuDoubleComplex zx[2];
  for (bool byQr : {true, false}) {
    SOLVER((byQr ? cusolverSpZcsrlsvqrHost : cusolverSpZcsrlsvluHost)(
        handle, 2, 4, descr, z, small, columns, zb, 0, 0, zx, &singular));
    for (int row = 0; row < 2; ++row) {
      const cuDoubleComplex sum = cuCadd(cuCmul(z[2 * row], zx[0]), cuCmul(z[2 * row + 1], zx[1]));
      EXPECT(cuCabs(cuCsub(sum, zb[row])) < 1e-14);
    }
  }
  // Least squares with a column twice.
  const int tall[] = {0, 3, 6, 9, 12}, three[] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
  const double tv[] = {1, 0, 1, 2, 1, 2, 3, -1, 3, 4, 2, 4}, tb[] = {1, 2, 3, 5};
  double tx[3], norm = -1;
  int rank = 0, p[3];
  SOLVER(cusolverSpDcsrlsqvqrHost(handle, 4, 3, 12, descr, tv, tall, three, tb, 1e-10, &rank, tx, p,
                                  &norm));
  double rest = 0, across[3] = {};
  for (int row = 0; row < 4; ++row) {
    double sum = -tb[row];
    for (int k = 0; k < 3; ++k)
      sum += tv[3 * row + k] * tx[k];
    for (int k = 0; k < 3; ++k)
      across[k] += tv[3 * row + k] * sum;
    rest += sum * sum;
  }
  EXPECT(rank == 2 && std::fabs(std::sqrt(rest) - norm) < 1e-12);
  EXPECT(std::fabs(across[0]) < 1e-12 && std::fabs(across[1]) < 1e-12);
}

static void orders() {
  const Matrix A = grid(9, 0, false), B = grid(9, 0, true);
  int symmetric = -1;
  SOLVER(cusolverSpXcsrissymHost(handle, A.n, A.nnz(), descr, A.offsets.data(),
                                 A.offsets.data() + 1, A.indices.data(), &symmetric));
  EXPECT(symmetric == 1);
  SOLVER(cusolverSpXcsrissymHost(handle, B.n, B.nnz(), descr, B.offsets.data(),
                                 B.offsets.data() + 1, B.indices.data(), &symmetric));
  EXPECT(symmetric == 0);
  std::vector<int> p(A.n);
  for (int method = 0; method < 4; ++method) {
    if (method == 3)
      SOLVER(cusolverSpXcsrmetisndHost(handle, A.n, A.nnz(), descr, A.offsets.data(),
                                       A.indices.data(), nullptr, p.data()));
    else
      SOLVER((method == 0   ? cusolverSpXcsrsymrcmHost
              : method == 1 ? cusolverSpXcsrsymmdqHost
                            : cusolverSpXcsrsymamdHost)(
          handle, A.n, A.nnz(), descr, A.offsets.data(), A.indices.data(), p.data()));
    std::vector<int> sorted = p;
    std::sort(sorted.begin(), sorted.end());
    for (int i = 0; i < A.n; ++i)
      EXPECT(sorted[i] == i);
  }
  // B(i, j) = A(p[i], p[j]), and the map of the values.
  std::vector<int> offsets = A.offsets, indices = A.indices, map(A.nnz());
  for (int i = 0; i < A.nnz(); ++i)
    map[i] = i;
  size_t bytes = 0;
  SOLVER(cusolverSpXcsrperm_bufferSizeHost(handle, A.n, A.n, A.nnz(), descr, offsets.data(),
                                           indices.data(), p.data(), p.data(), &bytes));
  std::vector<char> buffer(bytes);
  SOLVER(cusolverSpXcsrpermHost(handle, A.n, A.n, A.nnz(), descr, offsets.data(), indices.data(),
                                p.data(), p.data(), map.data(), buffer.data()));
  for (int row = 0; row < A.n; ++row)
    for (int i = offsets[row]; i < offsets[row + 1]; ++i) {
      EXPECT(map[i] >= A.offsets[p[row]] && map[i] < A.offsets[p[row] + 1]);
      EXPECT(A.indices[map[i]] == p[indices[i]]);
    }
  int count = 0;
  SOLVER(cusolverSpDcsrzfdHost(handle, B.n, B.nnz(), descr, ARRAYS(B), p.data(), &count));
  EXPECT(count == B.n);
  for (int i = 0; i < B.n; ++i)
    EXPECT(std::count(B.indices.begin() + B.offsets[p[i]], B.indices.begin() + B.offsets[p[i] + 1],
                      i) == 1);
  // The eigenvalue next to 0.2: of a grid they are known.
  std::vector<double> x0 = numbers(A.n), x(A.n);
  double mu = 0;
  SOLVER(cusolverSpDcsreigvsiHost(handle, A.n, A.nnz(), descr, ARRAYS(A), 0.2, x0.data(), 100,
                                  1e-10, &mu, x.data()));
  EXPECT(std::fabs(mu - (4.01 - 4 * std::cos(std::acos(-1.0) / 10))) < 1e-9);
  SOLVER(cusolverSpDcsreigsHost(handle, A.n, A.nnz(), descr, ARRAYS(A), cuDoubleComplex{0, -1},
                                cuDoubleComplex{0.3, 1}, &count));
  EXPECT(count == 1);
}

// Factors by functions of their own, and a factorisation anew from those of LU.
static void factors() {
  const Matrix A = grid(11, 0, false), B = grid(11, 0.3, true);
  const std::vector<double> b = numbers(A.n);
  Memory<int> offsets(A.offsets), indices(A.indices);
  Memory<double> values(A.values), right(b), left(A.n);
  size_t internal = 0, work = 0;
  int position = 7;
  csrcholInfo_t cholesky;
  SOLVER(cusolverSpCreateCsrcholInfo(&cholesky));
  SOLVER(cusolverSpXcsrcholAnalysis(handle, A.n, A.nnz(), descr, offsets.data, indices.data,
                                    cholesky));
  SOLVER(cusolverSpDcsrcholBufferInfo(handle, A.n, A.nnz(), descr, values.data, offsets.data,
                                      indices.data, cholesky, &internal, &work));
  Memory<char> buffer(work);
  SOLVER(cusolverSpDcsrcholFactor(handle, A.n, A.nnz(), descr, values.data, offsets.data,
                                  indices.data, cholesky, buffer.data));
  SOLVER(cusolverSpDcsrcholZeroPivot(handle, cholesky, 1e-14, &position));
  SOLVER(cusolverSpDcsrcholSolve(handle, A.n, right.data, left.data, cholesky, buffer.data));
  EXPECT(position == -1 && A.residual(left.data, b.data()) < 1e-12);
  SOLVER(cusolverSpDestroyCsrcholInfo(cholesky));

  csrqrInfo_t qr;
  SOLVER(cusolverSpCreateCsrqrInfo(&qr));
  SOLVER(
      cusolverSpXcsrqrAnalysis(handle, A.n, A.n, A.nnz(), descr, offsets.data, indices.data, qr));
  SOLVER(cusolverSpDcsrqrSetup(handle, A.n, A.n, A.nnz(), descr, values.data, offsets.data,
                               indices.data, 0, qr));
  SOLVER(cusolverSpDcsrqrFactor(handle, A.n, A.n, A.nnz(), nullptr, nullptr, qr, buffer.data));
  SOLVER(cusolverSpDcsrqrZeroPivot(handle, qr, 1e-14, &position));
  SOLVER(cusolverSpDcsrqrSolve(handle, A.n, A.n, right.data, left.data, qr, buffer.data));
  EXPECT(position == -1 && A.residual(left.data, b.data()) < 1e-12);
  // Two matrices of one pattern.
  std::vector<double> doubled = A.values;
  for (double value : A.values)
    doubled.push_back(2 * value);
  std::vector<double> twice = b;
  twice.insert(twice.end(), b.begin(), b.end());
  Memory<double> both(doubled), sides(twice), answers(2 * A.n);
  SOLVER(cusolverSpDcsrqrsvBatched(handle, A.n, A.n, A.nnz(), descr, both.data, offsets.data,
                                   indices.data, sides.data, answers.data, 2, qr, buffer.data));
  for (int i = 0; i < A.n; ++i)
    EXPECT(std::fabs(answers[i] - left[i]) < 1e-11 &&
           std::fabs(answers[A.n + i] - left[i] / 2) < 1e-11);
  SOLVER(cusolverSpDestroyCsrqrInfo(qr));

  csrluInfoHost_t lu;
  int nnzL = 0, nnzU = 0;
  std::vector<double> x(B.n);
  SOLVER(cusolverSpCreateCsrluInfoHost(&lu));
  SOLVER(cusolverSpXcsrluAnalysisHost(handle, B.n, B.nnz(), descr, B.offsets.data(),
                                      B.indices.data(), lu));
  SOLVER(cusolverSpDcsrluFactorHost(handle, B.n, B.nnz(), descr, ARRAYS(B), lu, 1.0, nullptr));
  SOLVER(cusolverSpDcsrluZeroPivotHost(handle, lu, 1e-14, &position));
  SOLVER(cusolverSpDcsrluSolveHost(handle, B.n, b.data(), x.data(), lu, nullptr));
  EXPECT(position == -1 && B.residual(x.data(), b.data()) < 1e-10);
  SOLVER(cusolverSpXcsrluNnzHost(handle, &nnzL, &nnzU, lu));
  std::vector<int> P(B.n), Q(B.n), offsetsL(B.n + 1), offsetsU(B.n + 1), indicesL(nnzL),
      indicesU(nnzU);
  std::vector<double> valuesL(nnzL), valuesU(nnzU);
  SOLVER(cusolverSpDcsrluExtractHost(handle, P.data(), Q.data(), descr, valuesL.data(),
                                     offsetsL.data(), indicesL.data(), descr, valuesU.data(),
                                     offsetsU.data(), indicesU.data(), lu, nullptr));
  SOLVER(cusolverSpDestroyCsrluInfoHost(lu));

  cusolverRfHandle_t rf;
  Matrix anew = B;
  for (size_t i = 0; i < anew.values.size(); ++i)
    anew.values[i] *= 1 + 0.1 * std::sin(double(i));
  SOLVER(cusolverRfCreate(&rf));
  SOLVER(cusolverRfSetMatrixFormat(rf, CUSOLVERRF_MATRIX_FORMAT_CSR,
                                   CUSOLVERRF_UNIT_DIAGONAL_ASSUMED_L));
  SOLVER(cusolverRfSetupHost(
      B.n, B.nnz(), const_cast<int *>(B.offsets.data()), const_cast<int *>(B.indices.data()),
      const_cast<double *>(B.values.data()), nnzL, offsetsL.data(), indicesL.data(), valuesL.data(),
      nnzU, offsetsU.data(), indicesU.data(), valuesU.data(), P.data(), Q.data(), rf));
  SOLVER(cusolverRfAnalyze(rf));
  Memory<int> offsetsB(B.offsets), indicesB(B.indices), p(P), q(Q);
  Memory<double> valuesB(anew.values), XF(b), temporary(B.n);
  SOLVER(cusolverRfResetValues(B.n, B.nnz(), offsetsB.data, indicesB.data, valuesB.data, p.data,
                               q.data, rf));
  SOLVER(cusolverRfRefactor(rf));
  SOLVER(cusolverRfSolve(rf, p.data, q.data, 1, temporary.data, B.n, XF.data, B.n));
  EXPECT(anew.residual(XF.data, b.data()) < 1e-10);
  int nnzM = 0, *offsetsM, *indicesM;
  double *valuesM;
  SOLVER(cusolverRfExtractBundledFactorsHost(rf, &nnzM, &offsetsM, &indicesM, &valuesM));
  EXPECT(nnzM == nnzL + nnzU);
  std::free(offsetsM);
  std::free(indicesM);
  std::free(valuesM);
  SOLVER(cusolverRfDestroy(rf));
}

int main() {
  SOLVER(cusolverSpCreate(&handle));
  EXPECT(cusparseCreateMatDescr(&descr) == CUSPARSE_STATUS_SUCCESS);
  solutions();
  orders();
  factors();
  EXPECT(cusparseDestroyMatDescr(descr) == CUSPARSE_STATUS_SUCCESS);
  SOLVER(cusolverSpDestroy(handle));
  return finish();
}
