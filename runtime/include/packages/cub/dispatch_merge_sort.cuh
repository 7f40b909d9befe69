// Sorting by a comparison, behind cub::DeviceMergeSort and thrust::sort: in place of the package's
// file. The package keeps a tile in registers and sorts it there, which unrolls to 17000
// instructions on a machine without a GPU's registers. Here a thread sorts a short run where it
// lies, then passes merge pairs of runs: each thread finds by bisection where its part of the
// output begins (merge path: Odeh, Green et al., 2012) and merges from there. Both steps keep equal
// keys in order.
#pragma once

#include <cub/util_device.cuh>
#include <cub/util_math.cuh>
#include <cub/util_namespace.cuh>
#include <cub/util_type.cuh>

#include <thrust/detail/integer_math.h>
#include <thrust/system/cuda/detail/core/triple_chevron_launch.h>

#include <cstdint>
#include <type_traits>

CUB_NAMESPACE_BEGIN

namespace npu_sort {

constexpr int kThreads = 128;        // of a block
constexpr int kMergedPerThread = 32; // outputs; divides every pair of runs
constexpr int kShortRun = 16, kLongRun = 32;

// Places and lengths: twice the longest run must fit.
template <class Offset>
using Place = std::conditional_t<sizeof(Offset) <= 4 && std::is_signed<Offset>::value,
                                 std::uint32_t, std::uint64_t>;

// Insertion sort of runs. The output may be the input.
template <class KeysIn, class ItemsIn, class Keys, class Items, class Offset, class Compare,
          class Key, class Item>
__global__ void sortRuns(KeysIn keysIn, ItemsIn itemsIn, Keys keys, Items items, Offset count,
                         Offset run, Compare compare) {
  constexpr bool hasItems = !std::is_same<Item, NullType>::value;
  Offset begin = (Offset(blockIdx.x) * kThreads + threadIdx.x) * run;
  if (begin >= count)
    return;
  Offset end = count - begin < run ? count : begin + run;
  for (Offset i = begin; i < end; ++i) {
    Key key = keysIn[i];
    Offset place = i;
    if constexpr (hasItems) {
      Item item = itemsIn[i];
      for (; place > begin; --place) {
        Key before = keys[place - 1];
        if (!compare(key, before))
          break;
        keys[place] = before;
        Item other = items[place - 1];
        items[place] = other;
      }
      items[place] = item;
    } else {
      for (; place > begin; --place) {
        Key before = keys[place - 1];
        if (!compare(key, before))
          break;
        keys[place] = before;
      }
    }
    keys[place] = key;
  }
}

// Merges neighbouring runs of `run` elements into runs of twice that.
template <class From, class FromItems, class To, class ToItems, class Offset, class Compare,
          class Key, class Item>
__global__ void mergeRuns(From from, FromItems fromItems, To to, ToItems toItems, Offset count,
                          Offset run, Compare compare) {
  constexpr bool hasItems = !std::is_same<Item, NullType>::value;
  Offset begin = (Offset(blockIdx.x) * kThreads + threadIdx.x) * kMergedPerThread;
  if (begin >= count)
    return;
  Offset end = count - begin < kMergedPerThread ? count : begin + kMergedPerThread;
  Offset pair = begin - begin % (2 * run);
  Offset firstEnd = count - pair < run ? count : pair + run;
  Offset secondEnd = count - firstEnd < run ? count : firstEnd + run;
  // How many of the first run's elements come before this thread's outputs.
  Offset taken = begin - pair, firstLength = firstEnd - pair, secondLength = secondEnd - firstEnd;
  Offset low = taken > secondLength ? taken - secondLength : 0;
  Offset high = taken < firstLength ? taken : firstLength;
  while (low < high) {
    Offset middle = low + (high - low) / 2;
    Key first = from[pair + middle], second = from[firstEnd + taken - 1 - middle];
    if (compare(second, first))
      high = middle;
    else
      low = middle + 1;
  }
  Offset first = pair + low, second = firstEnd + taken - low;
  for (Offset i = begin; i < end; ++i) {
    bool takeFirst = second >= secondEnd;
    if (!takeFirst && first < firstEnd) {
      Key left = from[first], right = from[second];
      takeFirst = !compare(right, left);
    }
    Offset place = takeFirst ? first : second;
    takeFirst ? ++first : ++second;
    Key key = from[place];
    to[i] = key;
    if constexpr (hasItems) {
      Item item = fromItems[place];
      toItems[i] = item;
    }
  }
}

} // namespace npu_sort

// CUB's tuning parameters have no use here.
template <class KeyIteratorT> struct DeviceMergeSortPolicy {};

template <typename KeyInputIteratorT, typename ValueInputIteratorT, typename KeyIteratorT,
          typename ValueIteratorT, typename OffsetT, typename CompareOpT,
          typename SelectedPolicy = DeviceMergeSortPolicy<KeyIteratorT>>
struct DispatchMergeSort {
  using KeyT = cub::detail::value_t<KeyIteratorT>;
  using ValueT = cub::detail::value_t<ValueIteratorT>;
  static constexpr bool KEYS_ONLY = std::is_same<ValueT, NullType>::value;

  // As for every device-wide function of CUB: without temporary storage, only its size is told.
  CUB_RUNTIME_FUNCTION static cudaError_t
  Dispatch(void *d_temp_storage, std::size_t &temp_storage_bytes, KeyInputIteratorT d_input_keys,
           ValueInputIteratorT d_input_items, KeyIteratorT d_output_keys,
           ValueIteratorT d_output_items, OffsetT num_items, CompareOpT compare_op,
           cudaStream_t stream, bool debug_synchronous) {
    void *allocations[2] = {nullptr, nullptr};
    std::size_t sizes[2] = {std::size_t(num_items) * sizeof(KeyT),
                            KEYS_ONLY ? 0 : std::size_t(num_items) * sizeof(ValueT)};
    cudaError_t error =
        CubDebug(AliasTemporaries(d_temp_storage, temp_storage_bytes, allocations, sizes));
    if (error != cudaSuccess || !d_temp_storage || num_items == 0)
      return error;
    DispatchMergeSort sort{d_output_keys,
                           d_output_items,
                           static_cast<KeyT *>(allocations[0]),
                           static_cast<ValueT *>(allocations[1]),
                           PlaceT(num_items),
                           compare_op,
                           stream,
                           debug_synchronous};
    return CubDebug(sort.run(d_input_keys, d_input_items));
  }

  using PlaceT = npu_sort::Place<OffsetT>;
  KeyIteratorT keys;
  ValueIteratorT items;
  KeyT *keysBuffer;
  ValueT *itemsBuffer;
  PlaceT count;
  CompareOpT compare;
  cudaStream_t stream;
  bool synchronous;

private:
  CUB_RUNTIME_FUNCTION cudaError_t run(KeyInputIteratorT keysIn, ValueInputIteratorT itemsIn) {
    // Passes go to and fro between output and buffer: an even number of them ends in the output.
    PlaceT length = npu_sort::kShortRun;
    int passes = 0;
    for (PlaceT runs = (count - 1) / length + 1; runs > 1; runs = (runs - 1) / 2 + 1)
      ++passes;
    if (passes % 2) {
      length = npu_sort::kLongRun;
      --passes;
    }
    cudaError_t error =
        launch(length,
               npu_sort::sortRuns<KeyInputIteratorT, ValueInputIteratorT, KeyIteratorT,
                                  ValueIteratorT, PlaceT, CompareOpT, KeyT, ValueT>,
               keysIn, itemsIn, keys, items, length);
    for (; error == cudaSuccess && passes > 0; passes -= 2) {
      error = launch(npu_sort::kMergedPerThread,
                     npu_sort::mergeRuns<KeyIteratorT, ValueIteratorT, KeyT *, ValueT *, PlaceT,
                                         CompareOpT, KeyT, ValueT>,
                     keys, items, keysBuffer, itemsBuffer, length);
      length *= 2;
      if (error == cudaSuccess)
        error = launch(npu_sort::kMergedPerThread,
                       npu_sort::mergeRuns<KeyT *, ValueT *, KeyIteratorT, ValueIteratorT, PlaceT,
                                           CompareOpT, KeyT, ValueT>,
                       keysBuffer, itemsBuffer, keys, items, length);
      length *= 2;
    }
    return error;
  }

  template <class Kernel, class From, class FromItems, class To, class ToItems>
  CUB_RUNTIME_FUNCTION cudaError_t launch(PlaceT perThread, Kernel kernel, From from,
                                          FromItems fromItems, To to, ToItems toItems,
                                          PlaceT length) {
    const PlaceT perBlock = perThread * npu_sort::kThreads;
    const int blocks = static_cast<int>((count - 1) / perBlock + 1);
    THRUST_NS_QUALIFIER::cuda_cub::launcher::triple_chevron(blocks, npu_sort::kThreads, 0, stream)
        .doit(kernel, from, fromItems, to, toItems, count, length, compare);
    cudaError_t error = cudaPeekAtLastError();
    if (error == cudaSuccess && synchronous)
      error = SyncStream(stream);
    return error;
  }
};

CUB_NAMESPACE_END
