// Sparse linear algebra as CUDA 8 to 11 spelt it, against dense sums: triangles, factorisations,
// products and sums of two matrices, hybrid matrices, vectors, tridiagonal systems.
#include <cusparse.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <vector>

#define SPARSE(call) EXPECT((call) == CUSPARSE_STATUS_SUCCESS)

static unsigned state = 7;
static double next() {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / double(1 << 24) - 0.5;
}

template <class T> struct Memory {
  T *data;
  explicit Memory(size_t count) { OK(cudaMallocManaged(&data, (count + 1) * sizeof(T))); }
  explicit Memory(const std::vector<T> &from) : Memory(from.size()) {
    std::copy(from.begin(), from.end(), data);
  }
  ~Memory() { OK(cudaFree(data)); }
  T &operator[](size_t i) { return data[i]; }
};

// A matrix of doubles, dense by columns and as CSR.
struct Matrix {
  int rows, columns, base;
  std::vector<double> dense;
  std::vector<double> values;
  std::vector<int> offsets, indices;
  Matrix(int rows, int columns, double density, int base = 0)
      : rows(rows), columns(columns), base(base), dense(rows * columns) {
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        if (next() + 0.5 < density || i == j)
          at(i, j) = next() + (i == j ? 5 : 0);
    store();
  }
  double &at(int i, int j) { return dense[j * rows + i]; }
  double at(int i, int j) const { return dense[j * rows + i]; }
  void store() {
    values.clear(), indices.clear(), offsets.assign(1, base);
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j)
        if (at(i, j) != 0)
          values.push_back(at(i, j)), indices.push_back(j + base);
      offsets.push_back(int(values.size()) + base);
    }
  }
  int nonzeros() const { return int(values.size()); }
};
struct OnDevice {
  Memory<double> values;
  Memory<int> offsets, indices;
  explicit OnDevice(const Matrix &m) : values(m.values), offsets(m.offsets), indices(m.indices) {}
};

static cusparseHandle_t handle;

static cusparseMatDescr_t describe(int base,
                                   cusparseMatrixType_t type = CUSPARSE_MATRIX_TYPE_GENERAL,
                                   cusparseFillMode_t fill = CUSPARSE_FILL_MODE_LOWER,
                                   cusparseDiagType_t diagonal = CUSPARSE_DIAG_TYPE_NON_UNIT) {
  cusparseMatDescr_t descr;
  SPARSE(cusparseCreateMatDescr(&descr));
  SPARSE(cusparseSetMatType(descr, type));
  SPARSE(cusparseSetMatFillMode(descr, fill));
  SPARSE(cusparseSetMatDiagType(descr, diagonal));
  SPARSE(cusparseSetMatIndexBase(descr, cusparseIndexBase_t(base)));
  return descr;
}

// op(T) x of the triangle that a descriptor says.
static std::vector<double> triangleTimes(const Matrix &m, bool lower, bool unit, bool transposed,
                                         const double *x) {
  std::vector<double> y(m.rows);
  for (int i = 0; i < m.rows; ++i)
    for (int j = 0; j < m.rows; ++j) {
      const int row = transposed ? j : i, column = transposed ? i : j;
      const double element = row == column             ? (unit ? 1 : m.at(row, column))
                             : lower == (row > column) ? m.at(row, column)
                                                       : 0;
      y[i] += element * x[j];
    }
  return y;
}

static void triangles() {
  const int n = 9;
  for (int base : {0, 1})
    for (bool lower : {true, false})
      for (bool unit : {true, false})
        for (bool transposed : {false, true}) {
          const Matrix m(n, n, 0.4, base);
          OnDevice d(m);
          const auto op =
              transposed ? CUSPARSE_OPERATION_TRANSPOSE : CUSPARSE_OPERATION_NON_TRANSPOSE;
          const cusparseMatDescr_t descr =
              describe(base, CUSPARSE_MATRIX_TYPE_GENERAL,
                       lower ? CUSPARSE_FILL_MODE_LOWER : CUSPARSE_FILL_MODE_UPPER,
                       unit ? CUSPARSE_DIAG_TYPE_UNIT : CUSPARSE_DIAG_TYPE_NON_UNIT);
          Memory<double> f(n), x(n), x2(n), B(2 * n), X(2 * n), B2(2 * n);
          for (int i = 0; i < 2 * n; ++i)
            B[i] = next();
          for (int i = 0; i < n; ++i) {
            f[i] = B[i];
            B2[2 * i] = B[i], B2[2 * i + 1] = B[n + i]; // transposed
          }
          const double alpha = 2;
          const auto solves = [&](const double *solution, const double *right) {
            const std::vector<double> product = triangleTimes(m, lower, unit, transposed, solution);
            for (int i = 0; i < n; ++i)
              EXPECT(std::fabs(product[i] - alpha * right[i]) < 1e-9);
          };
          cusparseSolveAnalysisInfo_t old;
          SPARSE(cusparseCreateSolveAnalysisInfo(&old));
          SPARSE(cusparseDcsrsv_analysis(handle, op, n, m.nonzeros(), descr, d.values.data,
                                         d.offsets.data, d.indices.data, old));
          SPARSE(cusparseDcsrsv_solve(handle, op, n, &alpha, descr, d.values.data, d.offsets.data,
                                      d.indices.data, old, f.data, x.data));
          SPARSE(cusparseDcsrsm_analysis(handle, op, n, m.nonzeros(), descr, d.values.data,
                                         d.offsets.data, d.indices.data, old));
          SPARSE(cusparseDcsrsm_solve(handle, op, n, 2, &alpha, descr, d.values.data,
                                      d.offsets.data, d.indices.data, old, B.data, n, X.data, n));
          csrsv2Info_t sv;
          SPARSE(cusparseCreateCsrsv2Info(&sv));
          int bytes = 0;
          SPARSE(cusparseDcsrsv2_bufferSize(handle, op, n, m.nonzeros(), descr, d.values.data,
                                            d.offsets.data, d.indices.data, sv, &bytes));
          EXPECT(bytes > 0);
          Memory<char> buffer(bytes);
          SPARSE(cusparseDcsrsv2_analysis(handle, op, n, m.nonzeros(), descr, d.values.data,
                                          d.offsets.data, d.indices.data, sv,
                                          CUSPARSE_SOLVE_POLICY_NO_LEVEL, buffer.data));
          int position = 0;
          SPARSE(cusparseXcsrsv2_zeroPivot(handle, sv, &position));
          EXPECT(position == -1);
          SPARSE(cusparseDcsrsv2_solve(handle, op, n, m.nonzeros(), &alpha, descr, d.values.data,
                                       d.offsets.data, d.indices.data, sv, f.data, x2.data,
                                       CUSPARSE_SOLVE_POLICY_USE_LEVEL, buffer.data));
          csrsm2Info_t sm;
          SPARSE(cusparseCreateCsrsm2Info(&sm));
          size_t size = 0;
          SPARSE(cusparseDcsrsm2_bufferSizeExt(handle, 0, op, CUSPARSE_OPERATION_TRANSPOSE, n, 2,
                                               m.nonzeros(), &alpha, descr, d.values.data,
                                               d.offsets.data, d.indices.data, B2.data, 2, sm,
                                               CUSPARSE_SOLVE_POLICY_NO_LEVEL, &size));
          SPARSE(cusparseDcsrsm2_analysis(handle, 0, op, CUSPARSE_OPERATION_TRANSPOSE, n, 2,
                                          m.nonzeros(), &alpha, descr, d.values.data,
                                          d.offsets.data, d.indices.data, B2.data, 2, sm,
                                          CUSPARSE_SOLVE_POLICY_NO_LEVEL, buffer.data));
          SPARSE(cusparseDcsrsm2_solve(handle, 0, op, CUSPARSE_OPERATION_TRANSPOSE, n, 2,
                                       m.nonzeros(), &alpha, descr, d.values.data, d.offsets.data,
                                       d.indices.data, B2.data, 2, sm,
                                       CUSPARSE_SOLVE_POLICY_NO_LEVEL, buffer.data));
          OK(cudaDeviceSynchronize());
          solves(x.data, f.data);
          solves(x2.data, f.data);
          for (int column = 0; column < 2; ++column) {
            solves(X.data + column * n, B.data + column * n);
            std::vector<double> solution(n);
            for (int i = 0; i < n; ++i)
              solution[i] = B2[2 * i + column];
            solves(solution.data(), B.data + column * n);
          }
          SPARSE(cusparseDestroyCsrsm2Info(sm));
          SPARSE(cusparseDestroyCsrsv2Info(sv));
          SPARSE(cusparseDestroySolveAnalysisInfo(old));
          SPARSE(cusparseDestroyMatDescr(descr));
        }
  // A missing diagonal element is found by the analysis, a zero one by the solution.
  for (bool missing : {true, false}) {
    Memory<int> offsets(std::vector<int>{0, 1, 3, missing ? 4 : 5}),
        indices(std::vector<int>{0, 0, 1, 0, 2});
    Memory<float> values(std::vector<float>{1, 2, 3, 4, 0}), f(3), x(3);
    const cusparseMatDescr_t descr = describe(0);
    csrsv2Info_t info;
    SPARSE(cusparseCreateCsrsv2Info(&info));
    SPARSE(cusparseScsrsv2_analysis(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, 3, missing ? 4 : 5,
                                    descr, values.data, offsets.data, indices.data, info,
                                    CUSPARSE_SOLVE_POLICY_NO_LEVEL, nullptr));
    int position = 0;
    EXPECT(cusparseXcsrsv2_zeroPivot(handle, info, &position) ==
           (missing ? CUSPARSE_STATUS_ZERO_PIVOT : CUSPARSE_STATUS_SUCCESS));
    const float one = 1;
    SPARSE(cusparseScsrsv2_solve(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, 3, missing ? 4 : 5, &one,
                                 descr, values.data, offsets.data, indices.data, info, f.data,
                                 x.data, CUSPARSE_SOLVE_POLICY_NO_LEVEL, nullptr));
    EXPECT(cusparseXcsrsv2_zeroPivot(handle, info, &position) == CUSPARSE_STATUS_ZERO_PIVOT);
    EXPECT(position == 2);
    SPARSE(cusparseDestroyCsrsv2Info(info));
    SPARSE(cusparseDestroyMatDescr(descr));
  }
}

static void factorisations() {
  const int n = 8;
  // Full matrices, for which incomplete factorisations are complete.
  Matrix m(n, n, 2);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j)
      m.at(i, j) = m.at(j, i);
  m.store();
  const cusparseMatDescr_t descr = describe(0);
  cusparseSolveAnalysisInfo_t info;
  SPARSE(cusparseCreateSolveAnalysisInfo(&info));
  OnDevice lu(m);
  SPARSE(cusparseDcsrsv_analysis(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, n, m.nonzeros(), descr,
                                 lu.values.data, lu.offsets.data, lu.indices.data, info));
  SPARSE(cusparseDcsrilu0(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, n, descr, lu.values.data,
                          lu.offsets.data, lu.indices.data, info));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int k = 0; k <= std::min(i, j); ++k)
        sum += (k == i ? 1 : lu.values[i * n + k]) * lu.values[k * n + j];
      EXPECT(std::fabs(sum - m.at(i, j)) < 1e-9);
    }
  for (auto fill : {CUSPARSE_FILL_MODE_LOWER, CUSPARSE_FILL_MODE_UPPER}) {
    const bool lower = fill == CUSPARSE_FILL_MODE_LOWER;
    OnDevice c(m);
    const cusparseMatDescr_t symmetric = describe(0, CUSPARSE_MATRIX_TYPE_SYMMETRIC, fill);
    SPARSE(cusparseDcsric0(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, n, symmetric, c.values.data,
                           c.offsets.data, c.indices.data, info));
    OK(cudaDeviceSynchronize());
    for (int i = 0; i < n; ++i)
      for (int j = 0; j <= i; ++j) {
        double sum = 0;
        for (int k = 0; k <= j; ++k)
          sum += lower ? c.values[i * n + k] * c.values[j * n + k]
                       : c.values[k * n + i] * c.values[k * n + j];
        EXPECT(std::fabs(sum - m.at(i, j)) < 1e-9);
        if (j < i) // the other triangle is as it was
          EXPECT((lower ? c.values[j * n + i] : c.values[i * n + j]) == m.at(i, j));
      }
    SPARSE(cusparseDestroyMatDescr(symmetric));
  }
  SPARSE(cusparseDestroySolveAnalysisInfo(info));

  // A pivot of 0 is boosted.
  Memory<int> offsets(std::vector<int>{0, 2, 4}), indices(std::vector<int>{0, 1, 0, 1});
  Memory<double> values(std::vector<double>{0, 1, 3, 4});
  csrilu02Info_t ilu;
  SPARSE(cusparseCreateCsrilu02Info(&ilu));
  double tolerance = 1e-9, boost = 2;
  SPARSE(cusparseDcsrilu02_numericBoost(handle, ilu, 1, &tolerance, &boost));
  size_t bytes = 0;
  SPARSE(cusparseDcsrilu02_bufferSizeExt(handle, 2, 4, descr, values.data, offsets.data,
                                         indices.data, ilu, &bytes));
  SPARSE(cusparseDcsrilu02(handle, 2, 4, descr, values.data, offsets.data, indices.data, ilu,
                           CUSPARSE_SOLVE_POLICY_NO_LEVEL, nullptr));
  OK(cudaDeviceSynchronize());
  EXPECT(values[0] == 2 && values[1] == 1 && values[2] == 1.5 && values[3] == 2.5);
  SPARSE(cusparseDestroyCsrilu02Info(ilu));
  SPARSE(cusparseDestroyMatDescr(descr));
}

static void products() {
  const int m = 6, n = 5, k = 7;
  const cusparseMatDescr_t descr = describe(0), ones = describe(1);
  const auto check = [&](const double *values, const int *offsets, const int *indices,
                         const std::vector<double> &expected) {
    std::vector<double> dense(m * n);
    for (int i = 0; i < m; ++i)
      for (int at = offsets[i] - 1; at < offsets[i + 1] - 1; ++at) {
        EXPECT(at == offsets[i] - 1 || indices[at - 1] < indices[at]);
        dense[(indices[at] - 1) * m + i] += values[at];
      }
    for (int i = 0; i < m * n; ++i)
      EXPECT(std::fabs(dense[i] - expected[i]) < 1e-12);
  };
  for (bool transA : {false, true})
    for (bool transB : {false, true}) {
      const Matrix a(transA ? k : m, transA ? m : k, 0.4),
          b(transB ? n : k, transB ? k : n, 0.4, 1);
      OnDevice A(a), B(b);
      std::vector<double> expected(m * n);
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j)
          for (int l = 0; l < k; ++l)
            expected[j * m + i] +=
                (transA ? a.at(l, i) : a.at(i, l)) * (transB ? b.at(j, l) : b.at(l, j));
      const auto opA = transA ? CUSPARSE_OPERATION_TRANSPOSE : CUSPARSE_OPERATION_NON_TRANSPOSE,
                 opB = transB ? CUSPARSE_OPERATION_TRANSPOSE : CUSPARSE_OPERATION_NON_TRANSPOSE;
      Memory<int> offsets(m + 1);
      int total = 0;
      SPARSE(cusparseXcsrgemmNnz(handle, opA, opB, m, n, k, descr, a.nonzeros(), A.offsets.data,
                                 A.indices.data, ones, b.nonzeros(), B.offsets.data, B.indices.data,
                                 ones, offsets.data, &total));
      EXPECT(total == offsets[m] - 1 && total > 0);
      Memory<int> indices(total);
      Memory<double> values(total);
      SPARSE(cusparseDcsrgemm(handle, opA, opB, m, n, k, descr, a.nonzeros(), A.values.data,
                              A.offsets.data, A.indices.data, ones, b.nonzeros(), B.values.data,
                              B.offsets.data, B.indices.data, ones, values.data, offsets.data,
                              indices.data));
      OK(cudaDeviceSynchronize());
      check(values.data, offsets.data, indices.data, expected);
    }
  const Matrix a(m, k, 0.4), b(k, n, 0.4), c(m, n, 0.3, 1);
  OnDevice A(a), B(b), D(c);
  csrgemm2Info_t info;
  SPARSE(cusparseCreateCsrgemm2Info(&info));
  for (bool adds : {true, false}) {
    const double alpha = 3, two = 2, *beta = adds ? &two : nullptr;
    std::vector<double> expected(m * n);
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        for (int l = 0; l < k; ++l)
          expected[j * m + i] += alpha * a.at(i, l) * b.at(l, j);
        expected[j * m + i] += adds ? two * c.at(i, j) : 0;
      }
    size_t size = 0;
    const cusparseMatDescr_t descrD = adds ? ones : nullptr;
    int *dOffsets = adds ? D.offsets.data : nullptr, *dIndices = adds ? D.indices.data : nullptr;
    double *dValues = adds ? D.values.data : nullptr;
    const int nnzD = adds ? c.nonzeros() : 0;
    SPARSE(cusparseDcsrgemm2_bufferSizeExt(handle, m, n, k, &alpha, descr, a.nonzeros(),
                                           A.offsets.data, A.indices.data, descr, b.nonzeros(),
                                           B.offsets.data, B.indices.data, beta, descrD, nnzD,
                                           dOffsets, dIndices, info, &size));
    Memory<char> buffer(size);
    Memory<int> offsets(m + 1);
    int total = 0;
    SPARSE(cusparseXcsrgemm2Nnz(handle, m, n, k, descr, a.nonzeros(), A.offsets.data,
                                A.indices.data, descr, b.nonzeros(), B.offsets.data, B.indices.data,
                                descrD, nnzD, dOffsets, dIndices, ones, offsets.data, &total, info,
                                buffer.data));
    Memory<int> indices(total);
    Memory<double> values(total);
    SPARSE(cusparseDcsrgemm2(handle, m, n, k, &alpha, descr, a.nonzeros(), A.values.data,
                             A.offsets.data, A.indices.data, descr, b.nonzeros(), B.values.data,
                             B.offsets.data, B.indices.data, beta, descrD, nnzD, dValues, dOffsets,
                             dIndices, ones, values.data, offsets.data, indices.data, info,
                             buffer.data));
    OK(cudaDeviceSynchronize());
    check(values.data, offsets.data, indices.data, expected);
  }
  SPARSE(cusparseDestroyCsrgemm2Info(info));

  const Matrix p(m, n, 0.3), q(m, n, 0.3);
  OnDevice P(p), Q(q);
  Memory<int> offsets(m + 1);
  int total = 0;
  SPARSE(cusparseXcsrgeamNnz(handle, m, n, descr, p.nonzeros(), P.offsets.data, P.indices.data,
                             descr, q.nonzeros(), Q.offsets.data, Q.indices.data, ones,
                             offsets.data, &total));
  Memory<int> indices(total);
  Memory<double> values(total);
  const double alpha = 2, beta = -1;
  SPARSE(cusparseDcsrgeam(handle, m, n, &alpha, descr, p.nonzeros(), P.values.data, P.offsets.data,
                          P.indices.data, &beta, descr, q.nonzeros(), Q.values.data, Q.offsets.data,
                          Q.indices.data, ones, values.data, offsets.data, indices.data));
  OK(cudaDeviceSynchronize());
  std::vector<double> expected(m * n);
  for (int i = 0; i < m * n; ++i)
    expected[i] = alpha * p.dense[i] + beta * q.dense[i];
  check(values.data, offsets.data, indices.data, expected);
  SPARSE(cusparseDestroyMatDescr(descr));
  SPARSE(cusparseDestroyMatDescr(ones));
}

static void formats() {
  const int m = 6, n = 4;
  const Matrix a(m, n, 0.5, 1);
  const cusparseMatDescr_t descr = describe(1), copy = describe(0);
  SPARSE(cusparseCopyMatDescr(copy, descr));
  EXPECT(cusparseGetMatIndexBase(copy) == CUSPARSE_INDEX_BASE_ONE);
  Memory<double> dense(a.dense), back(m * n), values(m * n);
  Memory<int> counts(m + n), offsets(m + n), indices(m * n);
  int total = 0;
  SPARSE(cusparseDnnz(handle, CUSPARSE_DIRECTION_COLUMN, m, n, descr, dense.data, m, counts.data,
                      &total));
  EXPECT(total == a.nonzeros());
  SPARSE(cusparseDdense2csc(handle, m, n, descr, dense.data, m, counts.data, values.data,
                            indices.data, offsets.data));
  OK(cudaDeviceSynchronize());
  EXPECT(offsets[0] == 1 && offsets[n] == total + 1);
  SPARSE(cusparseDcsc2dense(handle, m, n, descr, values.data, indices.data, offsets.data, back.data,
                            m));
  OK(cudaDeviceSynchronize());
  EXPECT(std::equal(a.dense.begin(), a.dense.end(), back.data));

  OnDevice A(a);
  cusparseHybMat_t hybrid;
  SPARSE(cusparseCreateHybMat(&hybrid));
  Memory<double> x(m), y(m);
  const double alpha = 2, beta = 3;
  const auto multiplies = [&](cusparseOperation_t op) {
    const bool plain = op == CUSPARSE_OPERATION_NON_TRANSPOSE;
    std::vector<double> expected(plain ? m : n);
    for (int i = 0; i < m; ++i)
      x[i] = next(), y[i] = next();
    for (int i = 0; i < int(expected.size()); ++i) {
      expected[i] = beta * y[i];
      for (int j = 0; j < (plain ? n : m); ++j)
        expected[i] += alpha * (plain ? a.at(i, j) : a.at(j, i)) * x[j];
    }
    SPARSE(cusparseDhybmv(handle, op, &alpha, descr, hybrid, x.data, &beta, y.data));
    OK(cudaDeviceSynchronize());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT(std::fabs(y[i] - expected[i]) < 1e-12);
  };
  EXPECT(cusparseDhybmv(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &alpha, descr, hybrid, x.data,
                        &beta, y.data) == CUSPARSE_STATUS_INVALID_VALUE); // it is empty
  SPARSE(cusparseDcsr2hyb(handle, m, n, descr, A.values.data, A.offsets.data, A.indices.data,
                          hybrid, 0, CUSPARSE_HYB_PARTITION_AUTO));
  multiplies(CUSPARSE_OPERATION_NON_TRANSPOSE);
  multiplies(CUSPARSE_OPERATION_TRANSPOSE);
  SPARSE(cusparseDdense2hyb(handle, m, n, descr, dense.data, m, counts.data, hybrid, 2,
                            CUSPARSE_HYB_PARTITION_USER));
  multiplies(CUSPARSE_OPERATION_NON_TRANSPOSE);
  SPARSE(cusparseDhyb2csr(handle, descr, hybrid, values.data, offsets.data, indices.data));
  OK(cudaDeviceSynchronize());
  EXPECT(std::equal(a.values.begin(), a.values.end(), values.data));
  EXPECT(std::equal(a.indices.begin(), a.indices.end(), indices.data));
  EXPECT(std::equal(a.offsets.begin(), a.offsets.end(), offsets.data));
  std::fill_n(back.data, m * n, 7.0);
  SPARSE(cusparseDhyb2dense(handle, descr, hybrid, back.data, m));
  OK(cudaDeviceSynchronize());
  EXPECT(std::equal(a.dense.begin(), a.dense.end(), back.data));
  SPARSE(cusparseDestroyHybMat(hybrid));
  SPARSE(cusparseDestroyMatDescr(descr));
  SPARSE(cusparseDestroyMatDescr(copy));
}

static void vectors() {
  Memory<double> values(std::vector<double>{2, 3, 5}), y(std::vector<double>{1, 10, 100, 1000});
  Memory<int> indices(std::vector<int>{1, 3, 4});
  double result = 0;
  SPARSE(cusparseDdoti(handle, 3, values.data, indices.data, y.data, &result,
                       CUSPARSE_INDEX_BASE_ONE));
  EXPECT(result == 2 + 300 + 5000);
  const double c = 0, s = 1;
  SPARSE(
      cusparseDroti(handle, 3, values.data, indices.data, y.data, &c, &s, CUSPARSE_INDEX_BASE_ONE));
  OK(cudaDeviceSynchronize());
  EXPECT(values[0] == 1 && values[1] == 100 && values[2] == 1000);
  EXPECT(y[0] == -2 && y[1] == 10 && y[2] == -3 && y[3] == -5);
  SPARSE(cusparseDgthrz(handle, 3, y.data, values.data, indices.data, CUSPARSE_INDEX_BASE_ONE));
  OK(cudaDeviceSynchronize());
  EXPECT(values[1] == -3 && y[2] == 0 && y[1] == 10);
  Memory<cuComplex> z(2), w(2);
  Memory<int> two(std::vector<int>{0, 1});
  z[0] = {1, 2}, z[1] = {0, 1}, w[0] = {3, 4}, w[1] = {5, 0};
  cuComplex dot;
  SPARSE(cusparseCdotci(handle, 2, z.data, two.data, w.data, &dot, CUSPARSE_INDEX_BASE_ZERO));
  EXPECT(dot.x == 11 && dot.y == -2 - 5);

  const int m = 4, n = 3;
  Memory<double> A(m * n), x(2), out(m);
  for (int i = 0; i < m * n; ++i)
    A[i] = next();
  x[0] = 2, x[1] = -3;
  Memory<int> at(std::vector<int>{0, 2});
  const double alpha = 2, beta = 0;
  for (bool plain : {true, false}) {
    int bytes = 0;
    const auto op = plain ? CUSPARSE_OPERATION_NON_TRANSPOSE : CUSPARSE_OPERATION_TRANSPOSE;
    SPARSE(cusparseDgemvi_bufferSize(handle, op, m, n, 2, &bytes));
    Memory<char> buffer(bytes);
    SPARSE(cusparseDgemvi(handle, op, m, n, &alpha, A.data, m, 2, x.data, at.data, &beta, out.data,
                          CUSPARSE_INDEX_BASE_ZERO, buffer.data));
    OK(cudaDeviceSynchronize());
    for (int i = 0; i < (plain ? m : n); ++i)
      EXPECT(std::fabs(out[i] - 2 * (2 * (plain ? A[i] : A[i * m]) -
                                     3 * (plain ? A[2 * m + i] : A[i * m + 2]))) < 1e-12);
  }
}

static void tridiagonal() {
  const int m = 7, count = 3;
  Memory<double> dl(m * count), d(m * count), du(m * count), x(m * count), first(m);
  std::vector<double> right(m * count);
  // Row i of system s at i * rows + s * systems.
  const auto check = [&](const double *solution, int rows, int systems, int number) {
    for (int s = 0; s < number; ++s)
      for (int i = 0; i < m; ++i) {
        const int at = i * rows + s * systems;
        double sum = d[at] * solution[at];
        sum += i ? dl[at] * solution[at - rows] : 0;
        sum += i + 1 < m ? du[at] * solution[at + rows] : 0;
        EXPECT(std::fabs(sum - right[at]) < 1e-10);
      }
  };
  for (bool interleaved : {false, true}) {
    const int rows = interleaved ? count : 1, systems = interleaved ? 1 : m;
    for (int s = 0; s < count; ++s)
      for (int i = 0; i < m; ++i) {
        const int at = i * rows + s * systems;
        dl[at] = i ? next() + 1 : 0;
        d[at] = next() + 4;
        du[at] = i + 1 < m ? next() + 1 : 0;
        x[at] = right[at] = next();
      }
    if (interleaved) {
      size_t bytes = 0;
      SPARSE(cusparseDgtsvInterleavedBatch_bufferSizeExt(handle, 0, m, dl.data, d.data, du.data,
                                                         x.data, count, &bytes));
      Memory<char> buffer(bytes);
      SPARSE(cusparseDgtsvInterleavedBatch(handle, 0, m, dl.data, d.data, du.data, x.data, count,
                                           buffer.data));
    } else {
      std::copy(right.begin(), right.begin() + m, first.data);
      SPARSE(cusparseDgtsv(handle, m, 1, dl.data, d.data, du.data, first.data, m));
      OK(cudaDeviceSynchronize());
      check(first.data, 1, m, 1);
      std::copy(right.begin(), right.begin() + m, first.data);
      SPARSE(cusparseDgtsv_nopivot(handle, m, 1, dl.data, d.data, du.data, first.data, m));
      OK(cudaDeviceSynchronize());
      check(first.data, 1, m, 1);
      SPARSE(cusparseDgtsvStridedBatch(handle, m, dl.data, d.data, du.data, x.data, count, m));
    }
    OK(cudaDeviceSynchronize());
    check(x.data, rows, systems, count);
  }
}

int main() {
  SPARSE(cusparseCreate(&handle));
  triangles();
  factorisations();
  products();
  formats();
  vectors();
  tridiagonal();
  SPARSE(cusparseDestroy(handle));
  return finish();
}
