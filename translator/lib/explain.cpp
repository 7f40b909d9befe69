// See explain.h.
#include "explain.h"
#include "api_table.h"
#include "diagnostics.h"
#include "facts.h"
#include "neutral_name.h"
#include "placement.h"

#include <algorithm>

using namespace npu;

namespace {

// "(void **ptr, size_t bytes)" -> "ptr, bytes": what a call may look like.
std::string argumentsOf(llvm::StringRef parameters) {
  std::string result;
  llvm::SmallVector<llvm::StringRef, 16> parts;
  parameters.drop_front().drop_back().split(parts, ',');
  for (llvm::StringRef part : parts) {
    part = part.split('=').first.rtrim(" []0123456789");
    llvm::StringRef name = part.take_back(part.size() - (part.find_last_of(" *&") + 1));
    if (part.trim() == "void" || part.trim().empty())
      continue;
    result += (result.empty() ? "" : ", ") + name.str();
  }
  return result;
}

void field(llvm::raw_ostream &out, const char *name, const llvm::Twine &value) {
  out << "  " << name << std::string(std::max<size_t>(1, 10 - std::strlen(name)), ' ') << value
      << "\n";
}

void explainRow(const ApiRow &row, llvm::raw_ostream &out) {
  bool gap = row.kind == ApiRow::Kind::Gap;
  out << row.cuda;
  if (!gap)
    out << " -> " << row.neutral;
  out << "\n";
  field(out, "library",
        row.library->title + (row.group.empty() ? llvm::Twine() : ", " + row.group));
  if (*row.library->header)
    field(out, "header", llvm::Twine("<") + row.library->header + ">");
  field(out, "status",
        gap                ? "not supported: " + row.note + " [npu-gap]"
        : row.note.empty() ? llvm::Twine("complete")
                           : "in part: " + row.note + " [npu-partial]");
  if (gap || !row.isFunction())
    return;
  Placement placement = placementOf(row);
  if (placement.place != Place::Nowhere)
    field(out, "device", llvm::Twine(placeName(placement.place)) + ": " + placement.why);
  ProgramFacts nothing;
  std::string arguments = argumentsOf(row.parameters);
  field(out, "before", row.returnType + " " + row.cuda + row.parameters);
  field(out, "", row.cuda + "(" + arguments + ");");
  field(out, "after", row.neutral + "(" + arguments + ");");
}

bool explainHeader(llvm::StringRef name, llvm::raw_ostream &out) {
  llvm::StringRef bare = name.trim("<>\"");
  if (const char *neutral = neutralHeader(bare)) {
    out << "#include <" << bare << "> -> #include <" << neutral << ">\n";
    return true;
  }
  if (!bare.contains('.') || !looksLikeCudaHeader(bare))
    return false;
  out << bare << "\n";
  field(out, "status", "no neutral counterpart [npu-unknown-header]");
  return true;
}

bool explainDiagnostic(llvm::StringRef name, llvm::raw_ostream &out) {
  for (DiagnosticId id : allDiagnosticIds()) {
    if (diagnosticName(id) != name)
      continue;
    out << name << "\n";
    field(out, "severity", severityName(usualSeverity(id)));
    field(out, "text", diagnosticText(id));
    field(out, "effort",
          llvm::Twine(diagnosticMinutes(id)) + " minutes a place, in the report's estimate");
    field(out, "more", "docs/diagnostics.md#" + name);
    return true;
  }
  return false;
}

void suggest(llvm::StringRef name, llvm::raw_ostream &out) {
  std::vector<std::pair<unsigned, llvm::StringRef>> near;
  for (const ApiRow &row : allRows()) {
    unsigned distance = name.edit_distance(row.cuda, true, 4);
    if (distance <= 3)
      near.emplace_back(distance, row.cuda);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto &a, const auto &b) { return a.first < b.first; });
  for (size_t i = 0; i < std::min<size_t>(near.size(), 3); ++i)
    out << (i ? ", " : "  similar: ") << near[i].second;
  out << (near.empty() ? "" : "\n");
}

} // namespace

bool npu::explain(llvm::StringRef name, llvm::raw_ostream &out) {
  if (const ApiRow *row = findRow(name)) {
    explainRow(*row, out);
    return true;
  }
  bool found = false;
  for (const ApiRow &row : allRows())
    if (!found && row.neutral == name) {
      explainRow(row, out);
      found = true;
    }
  if (found || explainDiagnostic(name, out) || explainHeader(name, out))
    return true;
  // Types, enumerators and macros of the headers have no row: their prefix changes.
  if (std::string neutral = neutralByPrefix(name); !neutral.empty() && !name.endswith("_")) {
    out << name << "\n";
    field(out, "status",
          "no row of the tables; where a CUDA header declares it, it becomes " + neutral);
    suggest(name, out);
    return true;
  }
  out << name << "\n";
  field(out, "status", "not known");
  suggest(name, out);
  return false;
}
