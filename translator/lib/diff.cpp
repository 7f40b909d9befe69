// See diff.h. Lines that both texts have once, in the same order in both, are anchors (the longest
// such chain: the "patience" method); what lies between two anchors is split again or replaced as a
// whole. Not always the shortest difference, but one that reads well.
#include "diff.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <vector>

using namespace npu;

namespace {

using Lines = std::vector<llvm::StringRef>; // with their line endings

Lines split(llvm::StringRef text) {
  Lines lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    size_t length = end == llvm::StringRef::npos ? text.size() : end + 1;
    lines.push_back(text.take_front(length));
    text = text.drop_front(length);
  }
  return lines;
}

struct Range {
  size_t begin, end;
};

// Marks lines that stay: partner[i] of `before` is the line of `after`, or npos.
class Matcher {
public:
  Matcher(const Lines &before, const Lines &after)
      : before(before), after(after), partner(before.size(), llvm::StringRef::npos) {
    match({0, before.size()}, {0, after.size()});
  }

  const Lines &before, &after;
  std::vector<size_t> partner;

private:
  struct Occurrence {
    unsigned inBefore = 0, inAfter = 0;
    size_t placeBefore = 0, placeAfter = 0;
  };

  void match(Range a, Range b) {
    while (a.begin < a.end && b.begin < b.end && before[a.begin] == after[b.begin])
      partner[a.begin++] = b.begin++;
    while (a.begin < a.end && b.begin < b.end && before[a.end - 1] == after[b.end - 1])
      partner[--a.end] = --b.end;
    if (a.begin == a.end || b.begin == b.end)
      return;
    size_t lastA = a.begin, lastB = b.begin;
    std::vector<std::pair<size_t, size_t>> chain = anchors(a, b);
    if (chain.empty())
      return;
    chain.emplace_back(a.end, b.end);
    for (auto [placeA, placeB] : chain) {
      match({lastA, placeA}, {lastB, placeB});
      if (placeA < a.end)
        partner[placeA] = placeB;
      lastA = placeA + 1;
      lastB = placeB + 1;
    }
  }

  std::vector<std::pair<size_t, size_t>> anchors(Range a, Range b) const {
    llvm::DenseMap<llvm::StringRef, Occurrence> occurrences;
    for (size_t i = a.begin; i < a.end; ++i) {
      Occurrence &occurrence = occurrences[before[i]];
      ++occurrence.inBefore;
      occurrence.placeBefore = i;
    }
    for (size_t i = b.begin; i < b.end; ++i) {
      Occurrence &occurrence = occurrences[after[i]];
      ++occurrence.inAfter;
      occurrence.placeAfter = i;
    }
    std::vector<std::pair<size_t, size_t>> unique;
    for (size_t i = a.begin; i < a.end; ++i) {
      const Occurrence &occurrence = occurrences[before[i]];
      if (occurrence.inBefore == 1 && occurrence.inAfter == 1)
        unique.emplace_back(i, occurrence.placeAfter);
    }
    return longestRising(unique);
  }

  static std::vector<std::pair<size_t, size_t>>
  longestRising(const std::vector<std::pair<size_t, size_t>> &pairs) {
    std::vector<size_t> tops, previous(pairs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
      auto place = std::lower_bound(tops.begin(), tops.end(), i, [&](size_t x, size_t y) {
        return pairs[x].second < pairs[y].second;
      });
      previous[i] = place == tops.begin() ? llvm::StringRef::npos : *(place - 1);
      if (place == tops.end())
        tops.push_back(i);
      else
        *place = i;
    }
    std::vector<std::pair<size_t, size_t>> chain;
    for (size_t i = tops.empty() ? llvm::StringRef::npos : tops.back(); i != llvm::StringRef::npos;
         i = previous[i])
      chain.push_back(pairs[i]);
    std::reverse(chain.begin(), chain.end());
    return chain;
  }
};

struct Line {
  char mark; // ' ', '-' or '+'
  llvm::StringRef text;
};

std::vector<Line> script(const Matcher &matcher) {
  std::vector<Line> lines;
  size_t b = 0;
  for (size_t a = 0; a < matcher.before.size(); ++a) {
    size_t partner = matcher.partner[a];
    if (partner == llvm::StringRef::npos) {
      lines.push_back({'-', matcher.before[a]});
      continue;
    }
    while (b < partner)
      lines.push_back({'+', matcher.after[b++]});
    lines.push_back({' ', matcher.before[a]});
    ++b;
  }
  while (b < matcher.after.size())
    lines.push_back({'+', matcher.after[b++]});
  return lines;
}

std::string rangeText(size_t begin, size_t count) {
  // An empty range names the line before it.
  std::string text = std::to_string(count ? begin + 1 : begin);
  return count == 1 ? text : text + "," + std::to_string(count);
}

constexpr size_t kContext = 3;

} // namespace

std::string npu::unifiedDiff(llvm::StringRef before, llvm::StringRef after,
                             llvm::StringRef beforeName, llvm::StringRef afterName) {
  if (before == after)
    return "";
  Lines beforeLines = split(before), afterLines = split(after);
  std::vector<Line> lines = script(Matcher(beforeLines, afterLines));
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "--- " << beforeName << "\n+++ " << afterName << "\n";
  size_t a = 0, b = 0; // lines of either text before `i`
  for (size_t i = 0; i < lines.size();) {
    size_t change = i;
    while (change < lines.size() && lines[change].mark == ' ')
      ++change;
    if (change == lines.size())
      break;
    size_t begin = std::max(i, change < kContext ? 0 : change - kContext);
    a += begin - i;
    b += begin - i;
    // The hunk goes on while the next change is near enough for their contexts to touch.
    size_t end = change, quiet = 0;
    for (size_t j = change; j < lines.size() && quiet <= 2 * kContext; ++j) {
      quiet = lines[j].mark == ' ' ? quiet + 1 : 0;
      if (!quiet)
        end = j + 1;
    }
    end = std::min(lines.size(), end + kContext);
    size_t countA = 0, countB = 0;
    for (size_t j = begin; j < end; ++j) {
      countA += lines[j].mark != '+';
      countB += lines[j].mark != '-';
    }
    out << "@@ -" << rangeText(a, countA) << " +" << rangeText(b, countB) << " @@\n";
    for (size_t j = begin; j < end; ++j)
      out << lines[j].mark << lines[j].text
          << (lines[j].text.endswith("\n") ? "" : "\n\\ No newline at end of file\n");
    a += countA;
    b += countB;
    i = end;
  }
  return out.str();
}
