// Matrices in blocks (BSR, blocked ELL, sliced ELL), five diagonals, products by pattern and
// updated solutions, against dense arithmetic.
#include <cusparse.h>

#include "../api/expect.h"

#include <algorithm>
#include <cmath>
#include <vector>

#define SPARSE(call) EXPECT((call) == CUSPARSE_STATUS_SUCCESS)

template <class T> struct Memory {
  T *data;
  explicit Memory(size_t count) { OK(cudaMallocManaged(&data, count * sizeof(T))); }
  explicit Memory(const std::vector<T> &from) : Memory(from.size()) {
    std::copy(from.begin(), from.end(), data);
  }
  ~Memory() { OK(cudaFree(data)); }
  T &operator[](size_t i) { return data[i]; }
};

static cusparseHandle_t handle;
static const float one = 1, zero = 0;

// A matrix of 4 x 6 in blocks of 2 x 2:   1 2 . . 3 4      by rows.
//                                         5 6 . . 7 8
//                                         . . 9 1 . .
//                                         . . 2 3 . .
static const std::vector<float> dense = {1, 2, 0, 0, 3, 4, 5, 6, 0, 0, 7, 8,
                                         0, 0, 9, 1, 0, 0, 0, 0, 2, 3, 0, 0};
static const std::vector<float> x6 = {1, -2, 3, -4, 5, -6}, x4 = {1, -2, 3, -4};
static float product(int row) {
  float sum = 0;
  for (int k = 0; k < 6; ++k)
    sum += dense[row * 6 + k] * x6[k];
  return sum;
}
static float transposedProduct(int column) {
  float sum = 0;
  for (int k = 0; k < 4; ++k)
    sum += dense[k * 6 + column] * x4[k];
  return sum;
}

static void multiply(cusparseSpMatDescr_t A) {
  Memory<float> x(x6), y(4), z(x4), w(6);
  cusparseDnVecDescr_t vx, vy, vz, vw;
  SPARSE(cusparseCreateDnVec(&vx, 6, x.data, CUDA_R_32F));
  SPARSE(cusparseCreateDnVec(&vy, 4, y.data, CUDA_R_32F));
  SPARSE(cusparseCreateDnVec(&vz, 4, z.data, CUDA_R_32F));
  SPARSE(cusparseCreateDnVec(&vw, 6, w.data, CUDA_R_32F));
  SPARSE(cusparseSpMV(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, A, vx, &zero, vy, CUDA_R_32F,
                      CUSPARSE_SPMV_ALG_DEFAULT, nullptr));
  SPARSE(cusparseSpMV(handle, CUSPARSE_OPERATION_TRANSPOSE, &one, A, vz, &zero, vw, CUDA_R_32F,
                      CUSPARSE_SPMV_ALG_DEFAULT, nullptr));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < 4; ++i)
    EXPECT(y[i] == product(i));
  for (int i = 0; i < 6; ++i)
    EXPECT(w[i] == transposedProduct(i));
  for (cusparseDnVecDescr_t vector : {vx, vy, vz, vw})
    SPARSE(cusparseDestroyDnVec(vector));
}

static void formats() {
  Memory<int> offsets(std::vector<int>{0, 2, 3}), columns(std::vector<int>{0, 2, 1});
  Memory<float> byRows(std::vector<float>{1, 2, 5, 6, 3, 4, 7, 8, 9, 1, 2, 3});
  Memory<float> byColumns(std::vector<float>{1, 5, 2, 6, 3, 7, 4, 8, 9, 2, 1, 3});
  Memory<int> ellColumns(std::vector<int>{0, 2, -1, 1});
  Memory<float> ell(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 9, 1, 0, 0, 2, 3});
  // Slices of two rows, by columns, padded.
  Memory<int> slices(std::vector<int>{0, 8, 12});
  Memory<int> sliceColumns(std::vector<int>{0, 0, 1, 1, 4, 4, 5, 5, 2, 2, 3, 3});
  Memory<float> sliced(std::vector<float>{1, 5, 2, 6, 3, 7, 4, 8, 9, 2, 1, 3});
  const cusparseIndexType_t type = CUSPARSE_INDEX_32I;
  const cusparseIndexBase_t base = CUSPARSE_INDEX_BASE_ZERO;
  cusparseSpMatDescr_t rows, cols, blocked, sell;
  SPARSE(cusparseCreateBsr(&rows, 2, 3, 3, 2, 2, offsets.data, columns.data, byRows.data, type,
                           type, base, CUDA_R_32F, CUSPARSE_ORDER_ROW));
  SPARSE(cusparseCreateBsr(&cols, 2, 3, 3, 2, 2, offsets.data, columns.data, byColumns.data, type,
                           type, base, CUDA_R_32F, CUSPARSE_ORDER_COL));
  SPARSE(cusparseCreateBlockedEll(&blocked, 4, 6, 2, 4, ellColumns.data, ell.data, type, base,
                                  CUDA_R_32F));
  SPARSE(cusparseCreateSlicedEll(&sell, 4, 6, 12, 12, 2, slices.data, sliceColumns.data,
                                 sliced.data, type, type, base, CUDA_R_32F));
  for (cusparseSpMatDescr_t matrix : {rows, cols, blocked, sell})
    multiply(matrix);
  int64_t height, width, size, ellWidth;
  const void *indices, *values;
  cusparseIndexType_t indexType;
  cusparseIndexBase_t indexBase;
  cudaDataType valueType;
  SPARSE(cusparseConstBlockedEllGet(blocked, &height, &width, &size, &ellWidth, &indices, &values,
                                    &indexType, &indexBase, &valueType));
  EXPECT(height == 4 && width == 6 && size == 2 && ellWidth == 4 && values == ell.data);

  // Dense to blocked ELL and back.
  Memory<float> full(dense), back(dense.size());
  cusparseDnMatDescr_t D, E;
  SPARSE(cusparseCreateDnMat(&D, 4, 6, 6, full.data, CUDA_R_32F, CUSPARSE_ORDER_ROW));
  SPARSE(cusparseCreateDnMat(&E, 4, 6, 6, back.data, CUDA_R_32F, CUSPARSE_ORDER_ROW));
  const std::vector<float> wanted(ell.data, ell.data + 16);
  std::fill(ell.data, ell.data + 16, 0.f);
  SPARSE(cusparseDenseToSparse_analysis(handle, D, blocked, CUSPARSE_DENSETOSPARSE_ALG_DEFAULT,
                                        nullptr));
  SPARSE(cusparseDenseToSparse_convert(handle, D, blocked, CUSPARSE_DENSETOSPARSE_ALG_DEFAULT,
                                       nullptr));
  SPARSE(cusparseSparseToDense(handle, blocked, E, CUSPARSE_SPARSETODENSE_ALG_DEFAULT, nullptr));
  OK(cudaDeviceSynchronize());
  EXPECT(std::equal(wanted.begin(), wanted.end(), ell.data));
  EXPECT(std::equal(dense.begin(), dense.end(), back.data));

  // The product of a column and a row where BSR has elements.
  Memory<float> column(x4), row(x6);
  cusparseDnMatDescr_t a, b;
  SPARSE(cusparseCreateDnMat(&a, 4, 1, 1, column.data, CUDA_R_32F, CUSPARSE_ORDER_ROW));
  SPARSE(cusparseCreateDnMat(&b, 1, 6, 6, row.data, CUDA_R_32F, CUSPARSE_ORDER_ROW));
  SPARSE(cusparseSDDMM(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, CUSPARSE_OPERATION_NON_TRANSPOSE,
                       &one, a, b, &zero, cols, CUDA_R_32F, CUSPARSE_SDDMM_ALG_DEFAULT, nullptr));
  OK(cudaDeviceSynchronize());
  EXPECT(byColumns[1] == x4[1] * x6[0] && byColumns[6] == x4[0] * x6[5]);
  EXPECT(byColumns[9] == x4[3] * x6[2]);
  for (cusparseDnMatDescr_t matrix : {D, E, a, b})
    SPARSE(cusparseDestroyDnMat(matrix));
  for (cusparseSpMatDescr_t matrix : {rows, cols, blocked, sell})
    SPARSE(cusparseDestroySpMat(matrix));
}

// CSR to BSR and back, a product and a solution with a triangle.
static void arrays() {
  Memory<int> offsets(std::vector<int>{0, 1, 3, 6, 8}),
      columns(std::vector<int>{0, 0, 1, 0, 1, 2, 2, 3});
  Memory<double> values(std::vector<double>{2, 1, 4, 3, 5, 8, 7, 16});
  cusparseMatDescr_t descr;
  SPARSE(cusparseCreateMatDescr(&descr));
  Memory<int> blockOffsets(3), blockColumns(4);
  int count = 0;
  SPARSE(cusparseXcsr2bsrNnz(handle, CUSPARSE_DIRECTION_COLUMN, 4, 4, descr, offsets.data,
                             columns.data, 2, descr, blockOffsets.data, &count));
  EXPECT(count == 3);
  Memory<double> blocks(4 * count), x(std::vector<double>{1, 2, 3, 4}), y(4), z(4);
  SPARSE(cusparseDcsr2bsr(handle, CUSPARSE_DIRECTION_COLUMN, 4, 4, descr, values.data, offsets.data,
                          columns.data, 2, descr, blocks.data, blockOffsets.data,
                          blockColumns.data));
  const double alpha = 1, beta = 0;
  SPARSE(cusparseDbsrmv(handle, CUSPARSE_DIRECTION_COLUMN, CUSPARSE_OPERATION_NON_TRANSPOSE, 2, 2,
                        count, &alpha, descr, blocks.data, blockOffsets.data, blockColumns.data, 2,
                        x.data, &beta, y.data));
  OK(cudaDeviceSynchronize());
  const double wanted[] = {2, 9, 37, 85};
  EXPECT(std::equal(wanted, wanted + 4, y.data));
  EXPECT(blocks[0] == 2 && blocks[1] == 1 && blocks[2] == 0 && blocks[3] == 4);

  bsrsv2Info_t info;
  SPARSE(cusparseCreateBsrsv2Info(&info));
  SPARSE(cusparseSetMatFillMode(descr, CUSPARSE_FILL_MODE_LOWER));
  SPARSE(cusparseDbsrsv2_analysis(handle, CUSPARSE_DIRECTION_COLUMN,
                                  CUSPARSE_OPERATION_NON_TRANSPOSE, 2, count, descr, blocks.data,
                                  blockOffsets.data, blockColumns.data, 2, info,
                                  CUSPARSE_SOLVE_POLICY_USE_LEVEL, nullptr));
  SPARSE(cusparseDbsrsv2_solve(handle, CUSPARSE_DIRECTION_COLUMN, CUSPARSE_OPERATION_NON_TRANSPOSE,
                               2, count, &alpha, descr, blocks.data, blockOffsets.data,
                               blockColumns.data, 2, info, y.data, z.data,
                               CUSPARSE_SOLVE_POLICY_USE_LEVEL, nullptr));
  int pivot = 7;
  SPARSE(cusparseXbsrsv2_zeroPivot(handle, info, &pivot));
  EXPECT(pivot == -1 && std::equal(x.data, x.data + 4, z.data));
  SPARSE(cusparseDestroyBsrsv2Info(info));

  Memory<int> offsets2(5), columns2(12);
  Memory<double> values2(12);
  SPARSE(cusparseDbsr2csr(handle, CUSPARSE_DIRECTION_COLUMN, 2, 2, descr, blocks.data,
                          blockOffsets.data, blockColumns.data, 2, descr, values2.data,
                          offsets2.data, columns2.data));
  OK(cudaDeviceSynchronize());
  EXPECT(offsets2[1] == 2 && offsets2[4] == 12 && values2[0] == 2 && values2[11] == 16);
  SPARSE(cusparseDestroyMatDescr(descr));
}

static void fiveDiagonals() {
  const int m = 9, count = 3;
  std::vector<double> diagonals[5], x(m * count), b(m * count);
  unsigned state = 5;
  const auto next = [&] {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) / double(1 << 24) - 0.5;
  };
  for (auto &diagonal : diagonals)
    for (int i = 0; i < m * count; ++i)
      diagonal.push_back(next());
  for (double &value : x)
    value = next();
  for (int row = 0; row < m; ++row)
    for (int system = 0; system < count; ++system)
      for (int k = 0; k < 5; ++k)
        if (const int other = row + k - 2; other >= 0 && other < m)
          b[row * count + system] += diagonals[k][row * count + system] * x[other * count + system];
  Memory<double> ds(diagonals[0]), dl(diagonals[1]), d(diagonals[2]), du(diagonals[3]),
      dw(diagonals[4]), right(b);
  size_t bytes = 0;
  SPARSE(cusparseDgpsvInterleavedBatch_bufferSizeExt(handle, 0, m, ds.data, dl.data, d.data,
                                                     du.data, dw.data, right.data, count, &bytes));
  Memory<char> buffer(bytes);
  SPARSE(cusparseDgpsvInterleavedBatch(handle, 0, m, ds.data, dl.data, d.data, du.data, dw.data,
                                       right.data, count, buffer.data));
  OK(cudaDeviceSynchronize());
  for (int i = 0; i < m * count; ++i)
    EXPECT(std::fabs(right[i] - x[i]) < 1e-9);
}

// C = A A in parts, its values anew, and solutions whose values are updated.
static void reuse() {
  Memory<int> offsets(std::vector<int>{0, 1, 3}), columns(std::vector<int>{0, 0, 1}), offsetsC(3);
  Memory<float> values(std::vector<float>{2, 3, 4});
  const cusparseIndexType_t type = CUSPARSE_INDEX_32I;
  cusparseSpMatDescr_t A, C;
  SPARSE(cusparseCreateCsr(&A, 2, 2, 3, offsets.data, columns.data, values.data, type, type,
                           CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
  SPARSE(cusparseCreateCsr(&C, 2, 2, 0, offsetsC.data, nullptr, nullptr, type, type,
                           CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F));
  const cusparseOperation_t plain = CUSPARSE_OPERATION_NON_TRANSPOSE;
  const cusparseSpGEMMAlg_t algorithm = CUSPARSE_SPGEMM_DEFAULT;
  cusparseSpGEMMDescr_t descr;
  size_t bytes[5];
  SPARSE(cusparseSpGEMM_createDescr(&descr));
  SPARSE(cusparseSpGEMMreuse_workEstimation(handle, plain, plain, A, A, C, algorithm, descr, bytes,
                                            nullptr));
  Memory<char> buffer(bytes[0]);
  SPARSE(cusparseSpGEMMreuse_nnz(handle, plain, plain, A, A, C, algorithm, descr, bytes + 1,
                                 nullptr, bytes + 2, nullptr, bytes + 3, nullptr));
  SPARSE(cusparseSpGEMMreuse_nnz(handle, plain, plain, A, A, C, algorithm, descr, bytes + 1,
                                 buffer.data, bytes + 2, buffer.data, bytes + 3, buffer.data));
  int64_t rows, cols, nonzeros;
  SPARSE(cusparseSpMatGetSize(C, &rows, &cols, &nonzeros));
  EXPECT(nonzeros == 3);
  Memory<int> columnsC(nonzeros);
  Memory<float> valuesC(nonzeros);
  SPARSE(cusparseCsrSetPointers(C, offsetsC.data, columnsC.data, valuesC.data));
  SPARSE(cusparseSpGEMMreuse_copy(handle, plain, plain, A, A, C, algorithm, descr, bytes + 4,
                                  buffer.data));
  for (float factor : {1.f, 2.f}) {
    values[0] = 2 * factor;
    SPARSE(cusparseSpGEMMreuse_compute(handle, plain, plain, &one, A, A, &zero, C, CUDA_R_32F,
                                       algorithm, descr));
    OK(cudaDeviceSynchronize());
    EXPECT(valuesC[0] == 4 * factor * factor && valuesC[1] == 3 * (2 * factor + 4) &&
           valuesC[2] == 16);
  }
  SPARSE(cusparseSpGEMM_destroyDescr(descr));

  values[0] = 2;
  Memory<float> b(std::vector<float>{4, 14}), x(2), updated(std::vector<float>{1, 3, 2}),
      diagonal(std::vector<float>{4, 1});
  cusparseDnVecDescr_t vb, vx;
  SPARSE(cusparseCreateDnVec(&vb, 2, b.data, CUDA_R_32F));
  SPARSE(cusparseCreateDnVec(&vx, 2, x.data, CUDA_R_32F));
  cusparseFillMode_t lower = CUSPARSE_FILL_MODE_LOWER;
  SPARSE(cusparseSpMatSetAttribute(A, CUSPARSE_SPMAT_FILL_MODE, &lower, sizeof(lower)));
  cusparseSpSVDescr_t solution;
  SPARSE(cusparseSpSV_createDescr(&solution));
  SPARSE(cusparseSpSV_analysis(handle, plain, &one, A, vb, vx, CUDA_R_32F,
                               CUSPARSE_SPSV_ALG_DEFAULT, solution, nullptr));
  const auto solve = [&](float first, float second) {
    SPARSE(cusparseSpSV_solve(handle, plain, &one, A, vb, vx, CUDA_R_32F, CUSPARSE_SPSV_ALG_DEFAULT,
                              solution));
    OK(cudaDeviceSynchronize());
    EXPECT(x[0] == first && x[1] == second);
  };
  solve(2, 2);
  SPARSE(cusparseSpSV_updateMatrix(handle, solution, updated.data, CUSPARSE_SPSV_UPDATE_GENERAL));
  solve(4, 1);
  SPARSE(cusparseSpSV_updateMatrix(handle, solution, diagonal.data, CUSPARSE_SPSV_UPDATE_DIAGONAL));
  solve(1, 11);
  SPARSE(cusparseSpSV_destroyDescr(solution));
  SPARSE(cusparseDestroyDnVec(vb));
  SPARSE(cusparseDestroyDnVec(vx));
  SPARSE(cusparseDestroySpMat(A));
  SPARSE(cusparseDestroySpMat(C));
}

int main() {
  SPARSE(cusparseCreate(&handle));
  formats();
  arrays();
  fiveDiagonals();
  reuse();
  SPARSE(cusparseDestroy(handle));
  return finish();
}
