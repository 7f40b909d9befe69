// Matrices that the 32 threads of a warp hold together: CUDA's wmma, in namespace
// npu::matrices::wmma.
//
// Which lane holds which element is the implementation's affair, and is chosen so that words are
// loaded whole and a product needs few shuffles. With P elements in 32 bits, rows of A are spread
// over K / P lanes; a lane has one column of B, and 32 / N lanes share it; an accumulator's
// elements lie row after row over the lanes. `x[i]` is an element of its own in every fragment of
// one type.
#ifndef NPU_WARP_MATRIX_H
#define NPU_WARP_MATRIX_H

#include "npu/api/hold_macros.def"

#include "npu/bfloat16.h"
#include "npu/float16.h"
#include "npu/kernel.h"

#if defined(__CUDA__) && defined(__clang__)

namespace npu {
namespace matrices {
namespace wmma {

#define NPU_MATRIX static NPU_DEVICE NPU_FORCEINLINE

struct matrix_a;
struct matrix_b;
struct accumulator;
struct row_major;
struct col_major;
enum layout_t { mem_row_major, mem_col_major };

namespace precision {
struct tf32;
} // namespace precision

namespace detail {

// What a fragment's element is in memory and in computations.
template <class T> struct Element {
  using Storage = T;
};
template <> struct Element<precision::tf32> {
  using Storage = float;
};

template <int M, int N, int K, class T> struct Shape {
  static constexpr bool exists = false;
};
#define NPU_MATRIX_SHAPE(m, n, k, type)                                                            \
  template <> struct Shape<m, n, k, type> {                                                        \
    static constexpr bool exists = true;                                                           \
  };
#define NPU_MATRIX_SHAPES(type)                                                                    \
  NPU_MATRIX_SHAPE(16, 16, 16, type)                                                               \
  NPU_MATRIX_SHAPE(32, 8, 16, type)                                                                \
  NPU_MATRIX_SHAPE(8, 32, 16, type)
NPU_MATRIX_SHAPES(::__half)
NPU_MATRIX_SHAPES(bfloat16)
NPU_MATRIX_SHAPES(signed char)
NPU_MATRIX_SHAPES(unsigned char)
NPU_MATRIX_SHAPES(char)
NPU_MATRIX_SHAPE(16, 16, 8, precision::tf32)
NPU_MATRIX_SHAPE(8, 8, 4, double)
#undef NPU_MATRIX_SHAPES
#undef NPU_MATRIX_SHAPE

NPU_MATRIX int lane() { return __nvvm_read_ptx_sreg_laneid(); }

template <class T> NPU_MATRIX T fromLane(T value, int source) {
  return shuffle(0xffffffffu, value, source);
}

// Where element `e` of this lane's part of A (M x K) and of B (K x N) is.
template <int K, class T> struct PlaceA {
  static constexpr int inWord = sizeof(T) < 4 ? 4 / sizeof(T) : 1;
  static constexpr int lanesPerRow = K / inWord, rowsPerWord = 32 / lanesPerRow;
  NPU_MATRIX int row(int e) { return e / inWord * rowsPerWord + lane() / lanesPerRow; }
  NPU_MATRIX int k(int e) { return lane() % lanesPerRow * inWord + e % inWord; }
};
template <int N, int K> struct PlaceB {
  static constexpr int parts = 32 / N, elements = K / parts;
  NPU_MATRIX int k(int e) { return lane() / N * elements + e; }
  NPU_MATRIX int column() { return lane() % N; }
};

// In computations: products of bytes are whole numbers, all else is float or double.
NPU_MATRIX float value(::__half x) { return float(x); }
NPU_MATRIX float value(bfloat16 x) { return float(x); }
NPU_MATRIX int value(signed char x) { return x; }
NPU_MATRIX int value(char x) { return (signed char)x; }
NPU_MATRIX int value(unsigned char x) { return x; }
NPU_MATRIX double value(double x) { return x; }
// The machine multiplies the upper 19 bits of a tf32.
NPU_MATRIX float value(float x) { return __nv_uint_as_float(__nv_float_as_uint(x) & 0xffffe000u); }

NPU_MATRIX float multiplyAdd(float a, float b, float sum) { return __builtin_fmaf(a, b, sum); }
NPU_MATRIX double multiplyAdd(double a, double b, double sum) { return __builtin_fma(a, b, sum); }
NPU_MATRIX int multiplyAdd(int a, int b, int sum) {
  return int((unsigned int)a * (unsigned int)b + (unsigned int)sum);
}

template <class T> struct Sum {
  using type = T;
};
template <> struct Sum<::__half> {
  using type = float;
};

// Words of four bytes hold several neighbours of a row; CUDA's rules on alignment allow them.
template <class T, int Count> NPU_MATRIX void loadWords(T *x, const T *from) {
  static_assert(Count * sizeof(T) % 4 == 0, "whole words");
  for (int i = 0; i < int(Count * sizeof(T) / 4); ++i) {
    unsigned int word = reinterpret_cast<const unsigned int *>(from)[i];
    __builtin_memcpy(x + i * (4 / sizeof(T)), &word, 4);
  }
}

} // namespace detail

template <class Use, int M, int N, int K, class T, class Layout = void> class fragment;

#define NPU_FRAGMENT(use, count)                                                                   \
  template <int M, int N, int K, class T, class Layout> class fragment<use, M, N, K, T, Layout> {  \
    static_assert(detail::Shape<M, N, K, T>::exists, "no warp matrices of this shape and type");   \
                                                                                                   \
  public:                                                                                          \
    using element_type = T;                                                                        \
    using storage_element_type = typename detail::Element<T>::Storage;                             \
    enum { num_elements = count, num_storage_elements = count };                                   \
    storage_element_type x[num_elements];                                                          \
  };
NPU_FRAGMENT(matrix_a, M *K / 32)
NPU_FRAGMENT(matrix_b, K *N / 32)
#undef NPU_FRAGMENT

template <int M, int N, int K, class T> class fragment<accumulator, M, N, K, T, void> {
public:
  using element_type = T;
  using storage_element_type = T;
  enum { num_elements = M * N / 32, num_storage_elements = M * N / 32 };
  T x[num_elements];
};

template <class Use, int M, int N, int K, class T, class Layout, class Value>
NPU_MATRIX void fill_fragment(fragment<Use, M, N, K, T, Layout> &f, const Value &value) {
  for (int i = 0; i < f.num_elements; ++i)
    f.x[i] = value;
}

template <int M, int N, int K, class T>
NPU_MATRIX void load_matrix_sync(fragment<matrix_a, M, N, K, T, row_major> &f,
                                 const typename detail::Element<T>::Storage *p, unsigned int ld) {
  using Storage = typename detail::Element<T>::Storage;
  using Place = detail::PlaceA<K, Storage>;
  for (int e = 0; e < f.num_elements; e += Place::inWord) {
    const Storage *from = p + Place::row(e) * ld + Place::k(e);
    if (sizeof(Storage) < 4)
      detail::loadWords<Storage, Place::inWord == 1 ? 4 : Place::inWord>(f.x + e, from);
    else
      f.x[e] = *from;
  }
}
template <int M, int N, int K, class T>
NPU_MATRIX void load_matrix_sync(fragment<matrix_a, M, N, K, T, col_major> &f,
                                 const typename detail::Element<T>::Storage *p, unsigned int ld) {
  using Place = detail::PlaceA<K, typename detail::Element<T>::Storage>;
  for (int e = 0; e < f.num_elements; ++e)
    f.x[e] = p[Place::k(e) * ld + Place::row(e)];
}
template <int M, int N, int K, class T>
NPU_MATRIX void load_matrix_sync(fragment<matrix_b, M, N, K, T, row_major> &f,
                                 const typename detail::Element<T>::Storage *p, unsigned int ld) {
  using Place = detail::PlaceB<N, K>;
  for (int e = 0; e < f.num_elements; ++e)
    f.x[e] = p[Place::k(e) * ld + Place::column()];
}
template <int M, int N, int K, class T>
NPU_MATRIX void load_matrix_sync(fragment<matrix_b, M, N, K, T, col_major> &f,
                                 const typename detail::Element<T>::Storage *p, unsigned int ld) {
  using Storage = typename detail::Element<T>::Storage;
  using Place = detail::PlaceB<N, K>;
  const Storage *from = p + Place::column() * ld + Place::k(0);
  if (sizeof(Storage) < 4) {
    detail::loadWords<Storage, sizeof(Storage) < 4 ? Place::elements : 4>(f.x, from);
  } else {
    for (int e = 0; e < f.num_elements; ++e)
      f.x[e] = from[e];
  }
}

template <int M, int N, int K, class T>
NPU_MATRIX void load_matrix_sync(fragment<accumulator, M, N, K, T> &f, const T *p, unsigned int ld,
                                 layout_t layout) {
  for (int i = 0; i < f.num_elements; ++i) {
    int at = i * 32 + detail::lane(), row = at / N, column = at % N;
    f.x[i] = p[layout == mem_row_major ? row * ld + column : column * ld + row];
  }
}
template <int M, int N, int K, class T>
NPU_MATRIX void store_matrix_sync(T *p, const fragment<accumulator, M, N, K, T> &f, unsigned int ld,
                                  layout_t layout) {
  for (int i = 0; i < f.num_elements; ++i) {
    int at = i * 32 + detail::lane(), row = at / N, column = at % N;
    p[layout == mem_row_major ? row * ld + column : column * ld + row] = f.x[i];
  }
}

// d = a * b + c. Sums are made in float for halves, in order of k.
template <int M, int N, int K, class A, class B, class LayoutA, class LayoutB, class D, class C>
NPU_MATRIX void mma_sync(fragment<accumulator, M, N, K, D> &d,
                         const fragment<matrix_a, M, N, K, A, LayoutA> &a,
                         const fragment<matrix_b, M, N, K, B, LayoutB> &b,
                         const fragment<accumulator, M, N, K, C> &c, bool satf = false) {
  using Storage = typename detail::Element<A>::Storage;
  using Result = typename detail::Sum<D>::type;
  using PlaceA = detail::PlaceA<K, Storage>;
  using PlaceB = detail::PlaceB<N, K>;
  using Value = decltype(detail::value(a.x[0]));
  Value aValues[M * K / 32], bValues[K * N / 32];
  for (int i = 0; i < M * K / 32; ++i)
    aValues[i] = detail::value(a.x[i]);
  for (int i = 0; i < K * N / 32; ++i)
    bValues[i] = detail::value(b.x[i]);
  Result sums[M * N / 32];
  for (int i = 0; i < M * N / 32; ++i)
    sums[i] = Result(c.x[i]);
  constexpr int rowsAtOnce = 32 / N; // of the accumulator's element i
#pragma unroll
  for (int k = 0; k < K; ++k) {
    Value factor = detail::fromLane(bValues[k % PlaceB::elements],
                                    detail::lane() % N + k / PlaceB::elements * N);
#pragma unroll
    for (int i = 0; i < M * N / 32; ++i) {
      int first = i * rowsAtOnce; // these rows are all in the same elements of A
      int word = first / PlaceA::rowsPerWord;
      int source = (first % PlaceA::rowsPerWord + detail::lane() / N) * PlaceA::lanesPerRow +
                   k / PlaceA::inWord;
      Value x = detail::fromLane(aValues[word * PlaceA::inWord + k % PlaceA::inWord], source);
      Result sum = detail::multiplyAdd(x, factor, sums[i]);
      // Bytes overflow upwards or downwards, never both in one step.
      if (satf && sizeof(Storage) == 1) {
        long long exact = (long long)sums[i] + (long long)x * (long long)factor;
        sum = exact > 0x7fffffffll    ? Result(0x7fffffff)
              : exact < -0x80000000ll ? Result(-0x7fffffff - 1)
                                      : Result(exact);
      }
      sums[i] = sum;
    }
  }
  for (int i = 0; i < M * N / 32; ++i)
    d.x[i] = D(sums[i]);
}

// Rounds to nearest, halves away from zero, as cvt.rna.tf32.
NPU_MATRIX float __float_to_tf32(float value) {
  unsigned int bits = __nv_float_as_uint(value);
  if ((bits & 0x7f800000u) == 0x7f800000u)
    return value;
  return __nv_uint_as_float((bits + 0x1000u) & 0xffffe000u);
}

#undef NPU_MATRIX

} // namespace wmma
} // namespace matrices
} // namespace npu

#endif

#include "npu/warp_matrix_bits.h"

#include "npu/api/release_macros.def"

#endif
