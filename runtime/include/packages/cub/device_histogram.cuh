// cub::DeviceHistogram, in place of the package's file: the same interface over the package's
// kernels. The package divides a range of integers into bins of a whole number's width, so that
// where the width is none, samples are counted in the wrong bin: of 9 bins in [0, 256) the first
// seven would have 28 values each. Here the bins of integers are exact, as in CUB 2.
#pragma once

#include <cub/config.cuh>
#include <cub/device/dispatch/dispatch_histogram.cuh>
#include <cub/util_type.cuh>

#include <climits>
#include <cstdint>
#include <type_traits>

CUB_NAMESPACE_BEGIN

namespace npu_histogram {

// The kernels compute (sample - lower) / ((upper - lower) / bins). A level that is an integer keeps
// the quotient in brackets as a fraction, and the whole is rounded once.
template <class Integer> struct ExactLevel {
  using Distance = std::make_unsigned_t<Integer>;
  using Wide = std::conditional_t<sizeof(Integer) <= 4, std::uint64_t, unsigned __int128>;

  Integer value;
  Distance distance; // of a difference
  int parts;         // that it is divided into

  ExactLevel() = default;
  template <class Other>
  __host__ __device__ explicit ExactLevel(Other value)
      : value(Integer(value)), distance(0), parts(1) {}

  __host__ __device__ bool operator>=(const ExactLevel &other) const {
    return value >= other.value;
  }
  __host__ __device__ bool operator<(const ExactLevel &other) const { return value < other.value; }
  // Of levels in order.
  __host__ __device__ ExactLevel operator-(const ExactLevel &other) const {
    ExactLevel result;
    result.value = 0;
    result.distance = Distance(value) - Distance(other.value);
    result.parts = 1;
    return result;
  }
  __host__ __device__ ExactLevel operator/(int bins) const {
    ExactLevel result = *this;
    result.parts = bins;
    return result;
  }
  __host__ __device__ int operator/(const ExactLevel &width) const {
    return int(Wide(distance) * Wide(width.parts) / width.distance);
  }
};

// Samples that are no integers are compared as the package does.
template <class Sample, class Level>
using LevelOf =
    std::conditional_t<std::is_integral<Sample>::value && std::is_integral<Level>::value &&
                           !std::is_same<Level, bool>::value,
                       ExactLevel<Level>, Level>;

} // namespace npu_histogram

struct DeviceHistogram {
  template <class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  HistogramEven(void *temporary, size_t &temporaryBytes, Samples samples, Counter *histogram,
                int levels, Level lower, Level upper, Offset count, cudaStream_t stream = 0,
                bool synchronous = false) {
    return HistogramEven(temporary, temporaryBytes, samples, histogram, levels, lower, upper, count,
                         Offset(1), bytesOf<Samples>() * size_t(count), stream, synchronous);
  }
  template <class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  HistogramEven(void *temporary, size_t &temporaryBytes, Samples samples, Counter *histogram,
                int levels, Level lower, Level upper, Offset rowCount, Offset rows, size_t rowBytes,
                cudaStream_t stream = 0, bool synchronous = false) {
    return MultiHistogramEven<1, 1>(temporary, temporaryBytes, samples, &histogram, &levels, &lower,
                                    &upper, rowCount, rows, rowBytes, stream, synchronous);
  }
  template <int kChannels, int kActive, class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  MultiHistogramEven(void *temporary, size_t &temporaryBytes, Samples samples,
                     Counter *histograms[kActive], int levels[kActive], Level lower[kActive],
                     Level upper[kActive], Offset pixels, cudaStream_t stream = 0,
                     bool synchronous = false) {
    return MultiHistogramEven<kChannels, kActive>(
        temporary, temporaryBytes, samples, histograms, levels, lower, upper, pixels, Offset(1),
        bytesOf<Samples>() * kChannels * size_t(pixels), stream, synchronous);
  }
  template <int kChannels, int kActive, class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  MultiHistogramEven(void *temporary, size_t &temporaryBytes, Samples samples,
                     Counter *histograms[kActive], int levels[kActive], Level lower[kActive],
                     Level upper[kActive], Offset rowPixels, Offset rows, size_t rowBytes,
                     cudaStream_t stream = 0, bool synchronous = false) {
    using Exact = npu_histogram::LevelOf<detail::value_t<Samples>, Level>;
    Exact exactLower[kActive], exactUpper[kActive];
    for (int channel = 0; channel < kActive; ++channel) {
      exactLower[channel] = Exact(lower[channel]);
      exactUpper[channel] = Exact(upper[channel]);
    }
    const auto dispatch = [&](auto one) {
      using Index = decltype(one);
      return DispatchHistogram<kChannels, kActive, Samples, Counter, Exact, Index>::DispatchEven(
          temporary, temporaryBytes, samples, histograms, levels, exactLower, exactUpper,
          Index(rowPixels), Index(rows), Index(rowBytes / bytesOf<Samples>()), stream, synchronous,
          IsByte<Samples>());
    };
    return fitsInt<Offset>(rows, rowBytes) ? dispatch(int(1)) : dispatch(Offset(1));
  }

  template <class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  HistogramRange(void *temporary, size_t &temporaryBytes, Samples samples, Counter *histogram,
                 int levels, Level *bounds, Offset count, cudaStream_t stream = 0,
                 bool synchronous = false) {
    return HistogramRange(temporary, temporaryBytes, samples, histogram, levels, bounds, count,
                          Offset(1), bytesOf<Samples>() * size_t(count), stream, synchronous);
  }
  template <class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  HistogramRange(void *temporary, size_t &temporaryBytes, Samples samples, Counter *histogram,
                 int levels, Level *bounds, Offset rowCount, Offset rows, size_t rowBytes,
                 cudaStream_t stream = 0, bool synchronous = false) {
    return MultiHistogramRange<1, 1>(temporary, temporaryBytes, samples, &histogram, &levels,
                                     &bounds, rowCount, rows, rowBytes, stream, synchronous);
  }
  template <int kChannels, int kActive, class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  MultiHistogramRange(void *temporary, size_t &temporaryBytes, Samples samples,
                      Counter *histograms[kActive], int levels[kActive], Level *bounds[kActive],
                      Offset pixels, cudaStream_t stream = 0, bool synchronous = false) {
    return MultiHistogramRange<kChannels, kActive>(
        temporary, temporaryBytes, samples, histograms, levels, bounds, pixels, Offset(1),
        bytesOf<Samples>() * kChannels * size_t(pixels), stream, synchronous);
  }
  template <int kChannels, int kActive, class Samples, class Counter, class Level, class Offset>
  CUB_RUNTIME_FUNCTION static cudaError_t
  MultiHistogramRange(void *temporary, size_t &temporaryBytes, Samples samples,
                      Counter *histograms[kActive], int levels[kActive], Level *bounds[kActive],
                      Offset rowPixels, Offset rows, size_t rowBytes, cudaStream_t stream = 0,
                      bool synchronous = false) {
    const auto dispatch = [&](auto one) {
      using Index = decltype(one);
      return DispatchHistogram<kChannels, kActive, Samples, Counter, Level, Index>::DispatchRange(
          temporary, temporaryBytes, samples, histograms, levels, bounds, Index(rowPixels),
          Index(rows), Index(rowBytes / bytesOf<Samples>()), stream, synchronous,
          IsByte<Samples>());
    };
    return fitsInt<Offset>(rows, rowBytes) ? dispatch(int(1)) : dispatch(Offset(1));
  }

private:
  template <class Samples> static constexpr size_t bytesOf() {
    return sizeof(detail::value_t<Samples>);
  }
  // Bytes are counted by value first; the package would count negative ones before the array.
  template <class Samples>
  using IsByte = Int2Type<sizeof(detail::value_t<Samples>) == 1 &&
                          std::is_unsigned<detail::value_t<Samples>>::value>;

  // Whether places of 64 bits can be counted in 32, which is faster.
  template <class Offset> static bool fitsInt(Offset rows, size_t rowBytes) {
    return sizeof(Offset) > sizeof(int) && (unsigned long long)(rows * rowBytes) < INT_MAX;
  }
};

CUB_NAMESPACE_END
