// Views of <ranges> in host code of a CUDA source: each kind, chains of them, what their common
// base gives, and views in the library's algorithms.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <list>
#include <map>
#include <numeric>
#include <ranges>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace views = std::views;
namespace ranges = std::ranges;

static int wrong = 0;
#define EXPECT(what)                                                                               \
  do {                                                                                             \
    if (!(what)) {                                                                                 \
      std::printf("line %d: %s does not hold\n", __LINE__, #what);                                 \
      ++wrong;                                                                                     \
    }                                                                                              \
  } while (0)

template <class Range> long sum(Range &&range) {
  long result = 0;
  for (auto x : range)
    result += x;
  return result;
}

__global__ void fill(int *out) { out[threadIdx.x] = threadIdx.x; }

const auto odd = [](int i) { return i % 2 == 1; };
const auto square = [](int i) { return i * i; };

void kinds(std::vector<int> &v) {
  EXPECT(sum(v | views::filter(odd)) == 25);
  EXPECT(sum(v | views::transform(square)) == 285);
  EXPECT(sum(v | views::filter(odd) | views::transform(square)) == 165);
  EXPECT(sum(v | views::transform(square) | views::filter(odd)) == 165);
  EXPECT(sum(v | views::take(3)) == 3);
  EXPECT(sum(v | views::drop(7)) == 24);
  EXPECT(sum(v | views::filter(odd) | views::reverse | views::take(2)) == 16);
  EXPECT(sum(views::iota(1, 5)) == 10);
  EXPECT(sum(views::iota(1) | views::take(4)) == 10);
  EXPECT(sum(v | views::take_while([](int i) { return i < 4; })) == 6);
  EXPECT(sum(v | views::drop_while([](int i) { return i < 8; })) == 17);
  EXPECT(sum(views::single(5)) == 5 && sum(views::empty<int>) == 0);
  EXPECT(sum(views::counted(v.begin() + 2, 3)) == 9);
  const std::map<int, int> pairs{{1, 10}, {2, 20}};
  EXPECT(sum(pairs | views::keys) == 3 && sum(pairs | views::values) == 30);
  std::vector<std::vector<int>> nested{{1, 2}, {3}, {}};
  EXPECT(sum(nested | views::join) == 6);
  std::list<int> list{1, 2, 3};
  EXPECT(sum(list | views::common) == 6);
  std::istringstream in("1 2 3");
  EXPECT(sum(ranges::istream_view<int>(in)) == 6);
  const std::string text = "a,bb,ccc";
  size_t parts = 0, longest = 0;
  for (auto part : text | views::split(',')) {
    ++parts;
    longest = std::max(longest, std::string_view(part.begin(), part.end()).size());
  }
  EXPECT(parts == 3 && longest == 3);
  for ([[maybe_unused]] auto part : text | views::lazy_split(','))
    ++parts;
  EXPECT(parts == 6);
}

void commonBase(std::vector<int> &v) {
  auto squares = v | views::transform(square);
  EXPECT(squares.size() == 10 && squares[3] == 9 && !squares.empty() && squares);
  EXPECT(squares.front() == 0 && squares.back() == 81);
  auto odds = v | views::filter(odd);
  EXPECT(odds.front() == 1 && odds.back() == 9 && odds);
  EXPECT((v | views::take(3)).data() == v.data());
  EXPECT(ranges::size(v | views::drop(2)) == 8);
  auto part = ranges::subrange(v.begin(), v.begin() + 3);
  EXPECT(part.size() == 3 && part.front() == 0 && part[1] == 1 && part.data() == v.data());
  static_assert(ranges::random_access_range<decltype(squares)>);
  static_assert(ranges::bidirectional_range<decltype(odds)>);
  static_assert(!ranges::range<const decltype(odds)>);
  static_assert(ranges::contiguous_range<decltype(v | views::take(3))>);
  static_assert(ranges::view<decltype(part)> && ranges::view<decltype(odds)>);
}

void algorithms(std::vector<int> &v) {
  auto squares = v | views::transform(square);
  EXPECT(*ranges::find_if(squares, [](int i) { return i > 20; }) == 25);
  EXPECT(ranges::count_if(v | views::filter(odd), [](int i) { return i > 4; }) == 3);
  EXPECT(ranges::max(v | views::transform(square)) == 81);
  EXPECT(ranges::find(ranges::subrange(v), 7) == v.begin() + 7);
  std::vector<int> odds;
  ranges::copy(v | views::filter(odd), std::back_inserter(odds));
  EXPECT(odds.size() == 5);
  ranges::sort(v, ranges::greater{});
  ranges::sort(v | views::take(5));
  EXPECT(v[0] == 5 && v[9] == 0);
  EXPECT(sum(std::span(v) | views::drop(8)) == 1);
}

int main() {
  int *memory = nullptr;
  cudaMallocManaged(&memory, 10 * sizeof(int));
  fill<<<1, 10>>>(memory);
  cudaDeviceSynchronize();
  std::vector<int> v(memory, memory + 10);
  kinds(v);
  commonBase(v);
  algorithms(v);
  std::puts(wrong ? "wrong" : "right");
  return wrong != 0;
}
