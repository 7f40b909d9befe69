// Sparse linear algebra against dense sums: formats, operations, orders, products, solutions,
// conversions, the functions on arrays, and the errors.
#include <cusparse.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <vector>

#define SPARSE(call) EXPECT((call) == CUSPARSE_STATUS_SUCCESS)

static unsigned state = 3;
static double next() {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / double(1 << 24) - 0.5;
}

template <class T> struct Memory {
  T *data;
  explicit Memory(size_t count) { OK(cudaMallocManaged(&data, count * sizeof(T))); }
  explicit Memory(const std::vector<T> &from) : Memory(from.size()) {
    std::copy(from.begin(), from.end(), data);
  }
  ~Memory() { cudaFree(data); } // fails after errors()
  T &operator[](size_t i) { return data[i]; }
};

// A matrix in all forms; dense by rows.
struct Matrix {
  int rows, columns, nonzeros = 0;
  std::vector<float> dense, values, cscValues;
  std::vector<int> offsets{0}, indices, rowOf, cscOffsets{0}, cscIndices;
  Matrix(int rows, int columns, double density = 0.4, int base = 0)
      : rows(rows), columns(columns), dense(rows * columns) {
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j)
        if (next() + 0.5 < density || (i == j && density > 0)) {
          dense[i * columns + j] = float(next() + (i == j ? 4 : 0));
          values.push_back(dense[i * columns + j]);
          indices.push_back(j + base);
          rowOf.push_back(i + base);
        }
      offsets.push_back(int(values.size()) + base);
    }
    offsets[0] = base;
    for (int j = 0; j < columns; ++j) {
      for (int i = 0; i < rows; ++i)
        if (dense[i * columns + j] != 0) {
          cscValues.push_back(dense[i * columns + j]);
          cscIndices.push_back(i + base);
        }
      cscOffsets.push_back(int(cscValues.size()) + base);
    }
    cscOffsets[0] = base;
    nonzeros = int(values.size());
  }
  float at(int i, int j) const { return dense[i * columns + j]; }
};

static cusparseHandle_t handle;

static void vectorProducts() {
  for (cusparseFormat_t format : {CUSPARSE_FORMAT_CSR, CUSPARSE_FORMAT_CSC, CUSPARSE_FORMAT_COO})
    for (int base : {0, 1}) {
      const Matrix m(7, 5, 0.4, base);
      const cusparseIndexBase_t indexBase = cusparseIndexBase_t(base);
      const bool csc = format == CUSPARSE_FORMAT_CSC, coo = format == CUSPARSE_FORMAT_COO;
      Memory<int> offsets(csc   ? m.cscOffsets
                          : coo ? m.rowOf
                                : m.offsets),
          indices(csc ? m.cscIndices : m.indices);
      Memory<float> values(csc ? m.cscValues : m.values);
      cusparseSpMatDescr_t A;
      if (coo)
        SPARSE(cusparseCreateCoo(&A, 7, 5, m.nonzeros, offsets.data, indices.data, values.data,
                                 CUSPARSE_INDEX_32I, indexBase, CUDA_R_32F));
      else
        SPARSE((csc ? cusparseCreateCsc : cusparseCreateCsr)(
            &A, 7, 5, m.nonzeros, offsets.data, indices.data, values.data, CUSPARSE_INDEX_32I,
            CUSPARSE_INDEX_32I, indexBase, CUDA_R_32F));
      for (cusparseOperation_t op :
           {CUSPARSE_OPERATION_NON_TRANSPOSE, CUSPARSE_OPERATION_TRANSPOSE}) {
        const bool plain = op == CUSPARSE_OPERATION_NON_TRANSPOSE;
        const int xs = plain ? 5 : 7, ys = plain ? 7 : 5;
        Memory<float> x(xs), y(ys);
        for (int i = 0; i < xs; ++i)
          x[i] = float(next());
        std::vector<float> expected(ys);
        for (int i = 0; i < ys; ++i) {
          y[i] = float(next());
          expected[i] = 3 * y[i];
          for (int j = 0; j < xs; ++j)
            expected[i] += 2 * (plain ? m.at(i, j) : m.at(j, i)) * x[j];
        }
        cusparseDnVecDescr_t X, Y;
        SPARSE(cusparseCreateDnVec(&X, xs, x.data, CUDA_R_32F));
        SPARSE(cusparseCreateDnVec(&Y, ys, y.data, CUDA_R_32F));
        const float alpha = 2, beta = 3;
        size_t size = 0;
        SPARSE(cusparseSpMV_bufferSize(handle, op, &alpha, A, X, &beta, Y, CUDA_R_32F,
                                       CUSPARSE_SPMV_ALG_DEFAULT, &size));
        Memory<char> buffer(size);
        SPARSE(cusparseSpMV(handle, op, &alpha, A, X, &beta, Y, CUDA_R_32F,
                            CUSPARSE_SPMV_ALG_DEFAULT, buffer.data));
        OK(cudaDeviceSynchronize());
        for (int i = 0; i < ys; ++i)
          EXPECT(std::fabs(y[i] - expected[i]) < 1e-5f);
        SPARSE(cusparseDestroyDnVec(X));
        SPARSE(cusparseDestroyDnVec(Y));
      }
      SPARSE(cusparseDestroySpMat(A));
    }
}

static cusparseSpMatDescr_t csrOf(const Matrix &m, Memory<int> &offsets, Memory<int> &indices,
                                  Memory<float> &values) {
  cusparseSpMatDescr_t A;
  SPARSE(cusparseCreateCsr(&A, m.rows, m.columns, m.nonzeros, offsets.data, indices.data,
                           values.data, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_32I,
                           CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
  return A;
}

static void matrixProducts() {
  const Matrix m(6, 8);
  Memory<int> offsets(m.offsets), indices(m.indices);
  Memory<float> values(m.values);
  cusparseSpMatDescr_t A = csrOf(m, offsets, indices, values);
  const int n = 3;
  for (cusparseOrder_t order : {CUSPARSE_ORDER_ROW, CUSPARSE_ORDER_COL})
    for (bool transposed : {false, true}) {
      const bool byRows = order == CUSPARSE_ORDER_ROW;
      const int bRows = transposed ? n : 8, bColumns = transposed ? 8 : n;
      Memory<float> b(8 * n), c(6 * n);
      for (int i = 0; i < 8 * n; ++i)
        b[i] = float(next());
      cusparseDnMatDescr_t B, C;
      SPARSE(cusparseCreateDnMat(&B, bRows, bColumns, byRows ? bColumns : bRows, b.data, CUDA_R_32F,
                                 order));
      SPARSE(cusparseCreateDnMat(&C, 6, n, byRows ? n : 6, c.data, CUDA_R_32F, order));
      const float alpha = -1, beta = 0;
      const cusparseOperation_t plain = CUSPARSE_OPERATION_NON_TRANSPOSE,
                                opB = transposed ? CUSPARSE_OPERATION_TRANSPOSE : plain;
      SPARSE(cusparseSpMM(handle, plain, opB, &alpha, A, B, &beta, C, CUDA_R_32F,
                          CUSPARSE_SPMM_ALG_DEFAULT, nullptr));
      OK(cudaDeviceSynchronize());
      for (int i = 0; i < 6; ++i)
        for (int k = 0; k < n; ++k) {
          float sum = 0;
          for (int j = 0; j < 8; ++j) {
            const int row = transposed ? k : j, column = transposed ? j : k;
            sum -= m.at(i, j) * b[byRows ? row * bColumns + column : column * bRows + row];
          }
          EXPECT(std::fabs(c[byRows ? i * n + k : k * 6 + i] - sum) < 1e-5f);
        }
      SPARSE(cusparseDestroyDnMat(B));
      SPARSE(cusparseDestroyDnMat(C));
    }
  SPARSE(cusparseDestroySpMat(A));
}

static void sparseProduct() {
  const Matrix a(6, 7), b(7, 5);
  Memory<int> ao(a.offsets), ai(a.indices), bo(b.offsets), bi(b.indices), co(7);
  Memory<float> av(a.values), bv(b.values);
  cusparseSpMatDescr_t A = csrOf(a, ao, ai, av), B = csrOf(b, bo, bi, bv), C;
  SPARSE(cusparseCreateCsr(&C, 6, 5, 0, nullptr, nullptr, nullptr, CUSPARSE_INDEX_32I,
                           CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
  const float alpha = 1, beta = 0;
  const cusparseOperation_t plain = CUSPARSE_OPERATION_NON_TRANSPOSE;
  cusparseSpGEMMDescr_t product;
  size_t first = 0, second = 0;
  SPARSE(cusparseSpGEMM_createDescr(&product));
  SPARSE(cusparseSpGEMM_workEstimation(handle, plain, plain, &alpha, A, B, &beta, C, CUDA_R_32F,
                                       CUSPARSE_SPGEMM_DEFAULT, product, &first, nullptr));
  Memory<char> buffer1(first);
  SPARSE(cusparseSpGEMM_workEstimation(handle, plain, plain, &alpha, A, B, &beta, C, CUDA_R_32F,
                                       CUSPARSE_SPGEMM_DEFAULT, product, &first, buffer1.data));
  SPARSE(cusparseSpGEMM_compute(handle, plain, plain, &alpha, A, B, &beta, C, CUDA_R_32F,
                                CUSPARSE_SPGEMM_DEFAULT, product, &second, nullptr));
  Memory<char> buffer2(second);
  SPARSE(cusparseSpGEMM_compute(handle, plain, plain, &alpha, A, B, &beta, C, CUDA_R_32F,
                                CUSPARSE_SPGEMM_DEFAULT, product, &second, buffer2.data));
  int64_t rows, columns, nonzeros;
  SPARSE(cusparseSpMatGetSize(C, &rows, &columns, &nonzeros));
  Memory<int> ci(nonzeros);
  Memory<float> cv(nonzeros);
  SPARSE(cusparseCsrSetPointers(C, co.data, ci.data, cv.data));
  SPARSE(cusparseSpGEMM_copy(handle, plain, plain, &alpha, A, B, &beta, C, CUDA_R_32F,
                             CUSPARSE_SPGEMM_DEFAULT, product));
  // To dense and back: the same matrix.
  Memory<float> dense(30);
  cusparseDnMatDescr_t D;
  SPARSE(cusparseCreateDnMat(&D, 6, 5, 5, dense.data, CUDA_R_32F, CUSPARSE_ORDER_ROW));
  SPARSE(cusparseSparseToDense(handle, C, D, CUSPARSE_SPARSETODENSE_ALG_DEFAULT, nullptr));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 6; ++i)
    for (int k = 0; k < 5; ++k) {
      float sum = 0;
      for (int j = 0; j < 7; ++j)
        sum += a.at(i, j) * b.at(j, k);
      EXPECT(std::fabs(dense[i * 5 + k] - sum) < 1e-5f);
    }
  cusparseSpMatDescr_t again;
  Memory<int> againOffsets(7);
  SPARSE(cusparseCreateCsr(&again, 6, 5, 0, againOffsets.data, nullptr, nullptr, CUSPARSE_INDEX_32I,
                           CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
  SPARSE(cusparseDenseToSparse_analysis(handle, D, again, CUSPARSE_DENSETOSPARSE_ALG_DEFAULT,
                                        nullptr));
  int64_t count = 0;
  SPARSE(cusparseSpMatGetSize(again, &rows, &columns, &count));
  EXPECT(count == nonzeros);
  Memory<int> againIndices(count);
  Memory<float> againValues(count);
  SPARSE(cusparseCsrSetPointers(again, againOffsets.data, againIndices.data, againValues.data));
  SPARSE(
      cusparseDenseToSparse_convert(handle, D, again, CUSPARSE_DENSETOSPARSE_ALG_DEFAULT, nullptr));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 7; ++i)
    EXPECT(againOffsets[i] == co[i]);
  for (int i = 0; i < count; ++i)
    EXPECT(againIndices[i] == ci[i] && againValues[i] == cv[i]);
  SPARSE(cusparseSpGEMM_destroyDescr(product));
  for (cusparseSpMatDescr_t matrix : {A, B, C, again})
    SPARSE(cusparseDestroySpMat(matrix));
  SPARSE(cusparseDestroyDnMat(D));
}

static void triangles() {
  const int n = 8;
  const Matrix m(n, n);
  Memory<int> offsets(m.offsets), indices(m.indices);
  Memory<float> values(m.values), b(n), x(n);
  for (int i = 0; i < n; ++i)
    b[i] = float(next());
  for (cusparseFillMode_t fill : {CUSPARSE_FILL_MODE_LOWER, CUSPARSE_FILL_MODE_UPPER})
    for (cusparseDiagType_t diagonal : {CUSPARSE_DIAG_TYPE_NON_UNIT, CUSPARSE_DIAG_TYPE_UNIT})
      for (cusparseOperation_t op :
           {CUSPARSE_OPERATION_NON_TRANSPOSE, CUSPARSE_OPERATION_TRANSPOSE}) {
        cusparseSpMatDescr_t A = csrOf(m, offsets, indices, values);
        cusparseFillMode_t fillMode = fill;
        cusparseDiagType_t diagType = diagonal;
        SPARSE(cusparseSpMatSetAttribute(A, CUSPARSE_SPMAT_FILL_MODE, &fillMode, sizeof fillMode));
        SPARSE(cusparseSpMatSetAttribute(A, CUSPARSE_SPMAT_DIAG_TYPE, &diagType, sizeof diagType));
        cusparseDnVecDescr_t B, X;
        SPARSE(cusparseCreateDnVec(&B, n, b.data, CUDA_R_32F));
        SPARSE(cusparseCreateDnVec(&X, n, x.data, CUDA_R_32F));
        cusparseSpSVDescr_t solution;
        SPARSE(cusparseSpSV_createDescr(&solution));
        const float alpha = 1;
        size_t size = 0;
        SPARSE(cusparseSpSV_bufferSize(handle, op, &alpha, A, B, X, CUDA_R_32F,
                                       CUSPARSE_SPSV_ALG_DEFAULT, solution, &size));
        Memory<char> buffer(size);
        SPARSE(cusparseSpSV_analysis(handle, op, &alpha, A, B, X, CUDA_R_32F,
                                     CUSPARSE_SPSV_ALG_DEFAULT, solution, buffer.data));
        SPARSE(cusparseSpSV_solve(handle, op, &alpha, A, B, X, CUDA_R_32F,
                                  CUSPARSE_SPSV_ALG_DEFAULT, solution));
        OK(cudaDeviceSynchronize());
        const auto element = [&](int i, int j) {
          if (i == j)
            return diagonal == CUSPARSE_DIAG_TYPE_UNIT ? 1.0f : m.at(i, i);
          return (j < i) == (fill == CUSPARSE_FILL_MODE_LOWER) ? m.at(i, j) : 0.0f;
        };
        for (int i = 0; i < n; ++i) {
          float sum = 0;
          for (int j = 0; j < n; ++j)
            sum += (op == CUSPARSE_OPERATION_NON_TRANSPOSE ? element(i, j) : element(j, i)) * x[j];
          EXPECT(std::fabs(sum - b[i]) < 1e-4f);
        }
        SPARSE(cusparseSpSV_destroyDescr(solution));
        SPARSE(cusparseDestroyDnVec(B));
        SPARSE(cusparseDestroyDnVec(X));
        SPARSE(cusparseDestroySpMat(A));
      }
}

static void arrays() {
  const Matrix m(5, 6);
  Memory<int> offsets(m.offsets), indices(m.indices), rows(m.nonzeros), columnOffsets(7),
      rowIndices(m.nonzeros);
  Memory<float> values(m.values), cscValues(m.nonzeros), x(6), y(5);
  cusparseMatDescr_t descr;
  SPARSE(cusparseCreateMatDescr(&descr));
  SPARSE(cusparseSetMatType(descr, CUSPARSE_MATRIX_TYPE_GENERAL));
  SPARSE(cusparseSetMatIndexBase(descr, CUSPARSE_INDEX_BASE_ZERO));
  for (int i = 0; i < 6; ++i)
    x[i] = float(i);
  const float one = 1, zero = 0;
  SPARSE(cusparseScsrmv(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, 5, 6, m.nonzeros, &one, descr,
                        values.data, offsets.data, indices.data, x.data, &zero, y.data));
  SPARSE(
      cusparseXcsr2coo(handle, offsets.data, m.nonzeros, 5, rows.data, CUSPARSE_INDEX_BASE_ZERO));
  SPARSE(cusparseCsr2cscEx2(handle, 5, 6, m.nonzeros, values.data, offsets.data, indices.data,
                            cscValues.data, columnOffsets.data, rowIndices.data, CUDA_R_32F,
                            CUSPARSE_ACTION_NUMERIC, CUSPARSE_INDEX_BASE_ZERO,
                            CUSPARSE_CSR2CSC_ALG1, nullptr));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 5; ++i) {
    float sum = 0;
    for (int j = 0; j < 6; ++j)
      sum += m.at(i, j) * x[j];
    EXPECT(std::fabs(sum - y[i]) < 1e-5f);
  }
  for (int i = 0; i < m.nonzeros; ++i)
    EXPECT(rows[i] == m.rowOf[i] && cscValues[i] == m.cscValues[i] &&
           rowIndices[i] == m.cscIndices[i]);

  // An incomplete factorisation of a full pattern is complete: L U = A.
  const int n = 5;
  const Matrix full(n, n, 2);
  Memory<int> fo(full.offsets), fi(full.indices);
  Memory<float> fv(full.values);
  csrilu02Info_t info;
  SPARSE(cusparseCreateCsrilu02Info(&info));
  int size = 0, position = 0;
  SPARSE(cusparseScsrilu02_bufferSize(handle, n, n * n, descr, fv.data, fo.data, fi.data, info,
                                      &size));
  SPARSE(cusparseScsrilu02_analysis(handle, n, n * n, descr, fv.data, fo.data, fi.data, info,
                                    CUSPARSE_SOLVE_POLICY_USE_LEVEL, nullptr));
  SPARSE(cusparseScsrilu02(handle, n, n * n, descr, fv.data, fo.data, fi.data, info,
                           CUSPARSE_SOLVE_POLICY_USE_LEVEL, nullptr));
  SPARSE(cusparseXcsrilu02_zeroPivot(handle, info, &position));
  EXPECT(position == -1);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int k = 0; k <= std::min(i, j); ++k)
        sum += (k == i ? 1 : fv[i * n + k]) * fv[k * n + j];
      EXPECT(std::fabs(sum - full.at(i, j)) < 1e-4f);
    }
  // Without its diagonal element a row is a zero pivot for the analysis already; what lies behind
  // the last row belongs to no matrix.
  Memory<int> so(std::vector<int>{0, 1, 2}), si(std::vector<int>{0, 0, 1 << 30, 1 << 30});
  Memory<float> sv(std::vector<float>{1, 2, 3, 4}), movedValues(4);
  Memory<int> movedOffsets(3), movedRows(4);
  SPARSE(cusparseScsrilu02_analysis(handle, 2, 2, descr, sv.data, so.data, si.data, info,
                                    CUSPARSE_SOLVE_POLICY_USE_LEVEL, nullptr));
  EXPECT(cusparseXcsrilu02_zeroPivot(handle, info, &position) == CUSPARSE_STATUS_ZERO_PIVOT);
  EXPECT(position == 1);
  SPARSE(cusparseCsr2cscEx2(handle, 2, 2, 4, sv.data, so.data, si.data, movedValues.data,
                            movedOffsets.data, movedRows.data, CUDA_R_32F, CUSPARSE_ACTION_NUMERIC,
                            CUSPARSE_INDEX_BASE_ZERO, CUSPARSE_CSR2CSC_ALG1, nullptr));
  OK(cudaDeviceSynchronize());
  EXPECT(movedOffsets[0] == 0 && movedOffsets[1] == 2 && movedOffsets[2] == 2);
  EXPECT(movedRows[1] == 1 && movedValues[1] == 2);
  SPARSE(cusparseDestroyCsrilu02Info(info));

  // Tridiagonal systems, with a zero on the diagonal that only an exchange of rows survives.
  const int t = 6;
  Memory<double> lower(t), diagonal(t), upper(t), b(t);
  std::vector<double> right(t);
  for (int i = 0; i < t; ++i) {
    lower[i] = i ? next() + 2 : 0;
    diagonal[i] = i ? next() : 0;
    upper[i] = i + 1 < t ? next() + 1 : 0;
    b[i] = right[i] = next();
  }
  SPARSE(cusparseDgtsv2(handle, t, 1, lower.data, diagonal.data, upper.data, b.data, t, nullptr));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < t; ++i) {
    double sum = diagonal[i] * b[i];
    sum += i ? lower[i] * b[i - 1] : 0;
    sum += i + 1 < t ? upper[i] * b[i + 1] : 0;
    EXPECT(std::fabs(sum - right[i]) < 1e-10);
  }
  SPARSE(cusparseDestroyMatDescr(descr));
}

static void errors() {
  cusparseDnVecDescr_t x;
  EXPECT(cusparseCreateDnVec(&x, -1, nullptr, CUDA_R_32F) == CUSPARSE_STATUS_INVALID_VALUE);
  EXPECT(cusparseDestroyDnVec(nullptr) == CUSPARSE_STATUS_INVALID_VALUE);
  cusparseHandle_t none = nullptr;
  EXPECT(cusparseSetStream(none, nullptr) == CUSPARSE_STATUS_NOT_INITIALIZED);
  // Indices outside the matrix end the stream's work.
  Memory<int> offsets(std::vector<int>{0, 1}), indices(std::vector<int>{5});
  Memory<float> values(std::vector<float>{1}), in(1), out(1);
  cusparseSpMatDescr_t A;
  cusparseDnVecDescr_t y;
  SPARSE(cusparseCreateCsr(&A, 1, 1, 1, offsets.data, indices.data, values.data, CUSPARSE_INDEX_32I,
                           CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
  SPARSE(cusparseCreateDnVec(&x, 1, in.data, CUDA_R_32F));
  SPARSE(cusparseCreateDnVec(&y, 1, out.data, CUDA_R_32F));
  const float one = 1, zero = 0;
  EXPECT(cusparseSpMV(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, A, x, &zero, y, CUDA_R_16I,
                      CUSPARSE_SPMV_ALG_DEFAULT, nullptr) == CUSPARSE_STATUS_NOT_SUPPORTED);
  // Integers do not hold the numbers of the operands, nor do singles those of doubles.
  const int whole = 1, nothing = 0;
  EXPECT(cusparseSpMV(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &whole, A, x, &nothing, y,
                      CUDA_R_32I, CUSPARSE_SPMV_ALG_DEFAULT,
                      nullptr) == CUSPARSE_STATUS_NOT_SUPPORTED);
  Memory<double> wide(1);
  cusparseDnVecDescr_t doubles;
  SPARSE(cusparseCreateDnVec(&doubles, 1, wide.data, CUDA_R_64F));
  EXPECT(cusparseSpMV(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, A, doubles, &zero, y,
                      CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT,
                      nullptr) == CUSPARSE_STATUS_NOT_SUPPORTED);
  SPARSE(cusparseDestroyDnVec(doubles));
  SPARSE(cusparseSpMV(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, A, x, &zero, y, CUDA_R_32F,
                      CUSPARSE_SPMV_ALG_DEFAULT, nullptr));
  GIVES(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
}

int main() {
  SPARSE(cusparseCreate(&handle));
  vectorProducts();
  matrixProducts();
  sparseProduct();
  triangles();
  arrays();
  SPARSE(cusparseDestroy(handle));
  SPARSE(cusparseCreate(&handle));
  errors();
  // The context has failed, so nothing is freed in order any more.
  finish();
  std::fflush(stdout);
  std::_Exit(failures != 0 || checks == 0);
}
