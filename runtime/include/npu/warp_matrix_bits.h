// Warp matrices of elements smaller than a byte: CUDA's wmma::experimental. Part of
// npu/warp_matrix.h, which includes it. A is 8 x K in rows, B K x 8 in columns, of 128 bits each: a
// lane holds one word, lane / 4 being the row or column. Leading dimensions count elements.
#ifndef NPU_WARP_MATRIX_BITS_H
#define NPU_WARP_MATRIX_BITS_H

#include "npu/warp_matrix.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace matrices {
namespace wmma {

#define NPU_MATRIX static NPU_DEVICE NPU_FORCEINLINE

namespace experimental {
namespace precision {
struct u4;
struct s4;
struct b1;
} // namespace precision
enum bmmaBitOp { bmmaBitOpXOR = 1, bmmaBitOpAND = 2 };
enum bmmaAccumulateOp { bmmaAccumulateOpPOPC = 1 };
} // namespace experimental

#define NPU_FRAGMENT(use, layout, k, type, storage)                                                \
  template <> class fragment<use, 8, 8, k, experimental::precision::type, layout> {                \
  public:                                                                                          \
    using element_type = experimental::precision::type;                                            \
    using storage_element_type = storage;                                                          \
    enum { num_elements = k / 4, num_storage_elements = 1 };                                       \
    storage x[num_storage_elements];                                                               \
  };
#define NPU_FRAGMENTS(k, type, storage)                                                            \
  NPU_FRAGMENT(matrix_a, row_major, k, type, storage)                                              \
  NPU_FRAGMENT(matrix_b, col_major, k, type, storage)
NPU_FRAGMENTS(32, s4, int)
NPU_FRAGMENTS(32, u4, unsigned int)
NPU_FRAGMENTS(128, b1, unsigned int)
#undef NPU_FRAGMENTS
#undef NPU_FRAGMENT

namespace detail {

template <int K> NPU_MATRIX unsigned int smallWord(const void *p, unsigned int ld) {
  constexpr unsigned int elementsInWord = K / 4;
  const unsigned int *words = static_cast<const unsigned int *>(p);
  return words[lane() / 4 * (ld / elementsInWord) + lane() % 4];
}

NPU_MATRIX int elementOf(int word, int e) { return int((unsigned int)word << (28 - 4 * e)) >> 28; }
NPU_MATRIX int elementOf(unsigned int word, int e) { return int(word >> (4 * e) & 15u); }

// sums[i] += what `product` makes of the words of this lane's row and column.
template <class Word, class Sum, class Product>
NPU_MATRIX void addProducts(Sum (&sums)[2], Word a, Word b, Product product) {
  for (int i = 0; i < 2; ++i)
    for (int word = 0; word < 4; ++word)
      sums[i] +=
          product(fromLane(a, (i * 4 + lane() / 8) * 4 + word), fromLane(b, lane() % 8 * 4 + word));
}

} // namespace detail

template <int K, class T>
NPU_MATRIX void load_matrix_sync(fragment<matrix_a, 8, 8, K, T, row_major> &f, const void *p,
                                 unsigned int ld) {
  f.x[0] = detail::smallWord<K>(p, ld);
}
template <int K, class T>
NPU_MATRIX void load_matrix_sync(fragment<matrix_b, 8, 8, K, T, col_major> &f, const void *p,
                                 unsigned int ld) {
  f.x[0] = detail::smallWord<K>(p, ld);
}

// d = a * b + c, where satf limits the result instead of wrapping it.
template <class T>
NPU_MATRIX void mma_sync(fragment<accumulator, 8, 8, 32, int> &d,
                         const fragment<matrix_a, 8, 8, 32, T, row_major> &a,
                         const fragment<matrix_b, 8, 8, 32, T, col_major> &b,
                         const fragment<accumulator, 8, 8, 32, int> &c, bool satf = false) {
  using Word = typename fragment<matrix_a, 8, 8, 32, T, row_major>::storage_element_type;
  long long sums[2] = {c.x[0], c.x[1]};
  detail::addProducts(sums, a.x[0], b.x[0], [](Word x, Word y) {
    int sum = 0;
    for (int e = 0; e < 8; ++e)
      sum += detail::elementOf(x, e) * detail::elementOf(y, e);
    return sum;
  });
  for (int i = 0; i < 2; ++i) {
    long long limited = sums[i] > 0x7fffffffll    ? 0x7fffffffll
                        : sums[i] < -0x80000000ll ? -0x80000000ll
                                                  : sums[i];
    d.x[i] = int(satf ? limited : sums[i]);
  }
}

// d = c + the number of bits that `operation` leaves of a's rows and b's columns.
NPU_MATRIX void
bmma_sync(fragment<accumulator, 8, 8, 128, int> &d,
          const fragment<matrix_a, 8, 8, 128, experimental::precision::b1, row_major> &a,
          const fragment<matrix_b, 8, 8, 128, experimental::precision::b1, col_major> &b,
          const fragment<accumulator, 8, 8, 128, int> &c,
          experimental::bmmaBitOp operation = experimental::bmmaBitOpXOR,
          experimental::bmmaAccumulateOp = experimental::bmmaAccumulateOpPOPC) {
  int sums[2] = {c.x[0], c.x[1]};
  detail::addProducts(sums, a.x[0], b.x[0], [operation](unsigned int x, unsigned int y) {
    return __builtin_popcount(operation == experimental::bmmaBitOpXOR ? x ^ y : x & y);
  });
  d.x[0] = sums[0];
  d.x[1] = sums[1];
}

#undef NPU_MATRIX

} // namespace wmma
} // namespace matrices
} // namespace npu

#endif
#endif
