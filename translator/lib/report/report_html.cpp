// The report as one page that needs nothing beside itself: no script, no font, no picture from
// elsewhere.
#include "report/report.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace npu;

namespace {

constexpr llvm::StringLiteral kStyle = R"css(
:root { --ink: #1c2733; --soft: #5d6b7a; --line: #dde3ea; --paper: #fff; --back: #f4f6f9;
  --npu: #0b7a4b; --opencl: #2563b0; --host: #a8620b; --good: #0b7a4b; --part: #c98a00; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa8b6; --line: #33404d;
  --paper: #1b232c; --back: #12181f; --npu: #4cc38a; --opencl: #70a9f0; --host: #e0a355;
  --good: #4cc38a; --part: #e5b64a; --bad: #f0827a; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 10px; }
p.lead { font-size: 17px; margin: 0 0 20px; } p { color: var(--soft); margin: 0 0 10px; }
p.lead { color: var(--ink); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
.card b { display: block; font-size: 24px; font-weight: 600; } .card span { color: var(--soft); font-size: 13px; }
.bar { display: flex; height: 14px; border-radius: 7px; overflow: hidden; background: var(--line); margin: 18px 0 6px; }
.bar i { display: block; } .good { background: var(--good); } .part { background: var(--part); } .bad { background: var(--bad); }
.key { font-size: 13px; color: var(--soft); } .key i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin: 0 4px 0 12px; }
.box { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 7px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; } th { color: var(--soft); font-weight: 600; font-size: 13px; white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.on { font-weight: 600; white-space: nowrap; } .NPU { color: var(--npu); } .OpenCL { color: var(--opencl); } .host { color: var(--host); }
.error { color: var(--bad); } .warning { color: var(--part); } .note { color: var(--soft); }
details { border-bottom: 1px solid var(--line); padding: 6px 12px; } details:last-child { border-bottom: 0; }
summary { cursor: pointer; overflow-wrap: anywhere; } details ul { margin: 4px 0 8px; padding-left: 20px; font-size: 14px; }
)css";

std::string escaped(llvm::StringRef text) {
  std::string valid = llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text);
  std::string result;
  for (char c : valid)
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    default:
      result += c;
    }
  return result;
}

std::string percent(unsigned part, unsigned whole) {
  return whole ? std::to_string(part * 100.0 / whole) : "0";
}

class Page {
public:
  explicit Page(const Report &report) : report(report), totals(totalsOf(report)), out(text) {}

  std::string write() {
    out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<title>From CUDA to the NPU</title>\n<style>"
        << kStyle
        << "</style></head>\n<body><main>\n<h1>From CUDA to the NPU</h1>\n<p class=\"lead\">"
        << escaped(headline(report)) << "</p>\n";
    cards();
    bar();
    placement();
    kernels();
    left();
    files();
    failed();
    out << "<p style=\"margin-top:36px\">Hand effort is an estimate: a fixed number of minutes for "
           "each "
           "kind of place that is left (docs/diagnostics.md). Devices are those of the runtime's "
           "usual "
           "choice; it decides again at each call.</p>\n</main></body></html>\n";
    return out.str();
  }

private:
  void card(const std::string &value, const char *label) {
    out << "<div class=\"card\"><b>" << value << "</b><span>" << label << "</span></div>\n";
  }

  void cards() {
    out << "<div class=\"cards\">\n";
    card(std::to_string(totals.files), "files");
    card(std::to_string(totals.lines), "lines");
    card(std::to_string(totals.changedLines), "lines changed");
    card(std::to_string(totals.calls), "CUDA calls");
    card(std::to_string(totals.launches + totals.launchesLeft), "kernel launches");
    card(std::to_string(totals.kernels), "kernels");
    card(std::to_string(totals.errors), "places left to do");
    card(effortText(totals.minutes), "hand effort");
    out << "</div>\n";
  }

  void bar() {
    if (!totals.calls)
      return;
    unsigned open = totals.gaps + totals.unknown;
    auto part = [&](const char *name, unsigned count) {
      out << "<i class=\"" << name << "\" style=\"width:" << percent(count, totals.calls)
          << "%\"></i>";
    };
    out << "<div class=\"bar\">";
    part("good", totals.translated);
    part("part", totals.partial);
    part("bad", open);
    out << "</div>\n<div class=\"key\">Calls: <i class=\"good\"></i>" << totals.translated
        << " translated <i class=\"part\"></i>" << totals.partial
        << " translated, supported in part <i class=\"bad\"></i>" << open << " left</div>\n";
  }

  void placement() {
    std::vector<PlacedCall> placed = placedCalls(report);
    if (placed.empty())
      return;
    out << "<h2>Where library calls run</h2>\n<div "
           "class=\"box\"><table><tr><th>Call</th><th>Library"
           "</th><th class=\"n\">Uses</th><th>Device</th><th>Why</th></tr>\n";
    for (const PlacedCall &call : placed) {
      const char *device = placeName(call.placement.place);
      out << "<tr><td><code>" << escaped(call.row->cuda) << "</code></td><td>"
          << call.row->library->title << "</td><td class=\"n\">" << call.uses
          << "</td><td class=\"on " << device << "\">" << device << "</td><td>"
          << escaped(call.placement.why) << "</td></tr>\n";
    }
    out << "</table></div>\n";
  }

  void kernels() {
    if (!totals.kernels)
      return;
    out << "<h2>Kernels</h2>\n<p>Kernels run on <span class=\"on OpenCL\">OpenCL</span>, which "
           "runs any "
           "code. "
        << (totals.tensorKernels
                ? "Those that look like tensor operations come first; the calls named "
                  "there would put that work on the <span class=\"on NPU\">NPU</span>."
                : "None looks like a tensor operation.")
        << "</p>\n";
    out << "<div class=\"box\"><table><tr><th>Kernel</th><th>Place</th><th>Device</th><th>Looks "
           "like</th>"
           "<th>On the NPU by</th></tr>\n";
    for (bool tensor : {true, false})
      for (const FileReport &file : report.files)
        for (const KernelUse &kernel : file.kernels)
          if (tensor == !kernel.tensorShape.empty())
            out << "<tr><td><code>" << escaped(kernel.name) << "</code></td><td>"
                << escaped(file.path) << ":" << kernel.line
                << "</td><td class=\"on OpenCL\">OpenCL</td><td>"
                << tensorShape(kernel.tensorShape).title << "</td><td>"
                << tensorShape(kernel.tensorShape).remedy << "</td></tr>\n";
    out << "</table></div>\n";
  }

  void left() {
    std::map<DiagnosticId, unsigned> counts;
    for (const Diagnostic &diagnostic : report.diagnostics->all())
      ++counts[diagnostic.id];
    if (counts.empty())
      return;
    out << "<h2>What is left</h2>\n<div class=\"box\"><table><tr><th>Kind</th><th "
           "class=\"n\">Places</th>"
           "<th class=\"n\">Hand effort</th></tr>\n";
    for (const auto &[id, count] : counts)
      out << "<tr><td class=\"" << severityName(usualSeverity(id)) << "\">" << diagnosticName(id)
          << "</td><td class=\"n\">" << count << "</td><td class=\"n\">"
          << effortText(count * diagnosticMinutes(id)) << "</td></tr>\n";
    out << "</table></div>\n<p></p>\n<div class=\"box\">\n";
    std::string path;
    for (const Diagnostic *diagnostic : report.diagnostics->inOrder()) {
      if (diagnostic->path != path) {
        if (!path.empty())
          out << "</ul></details>\n";
        path = diagnostic->path;
        out << "<details><summary>" << escaped(path) << "</summary><ul>\n";
      }
      out << "<li class=\"" << severityName(diagnostic->severity) << "\">line " << diagnostic->line
          << ": " << escaped(diagnostic->message()) << "</li>\n";
    }
    out << "</ul></details></div>\n";
  }

  void files() {
    out << "<h2>Files</h2>\n<div class=\"box\"><table><tr><th>File</th>";
    for (const char *name : {"Lines", "Changed", "Calls", "Translated", "Partial", "Left",
                             "Launches", "Kernels", "Hand effort"})
      out << "<th class=\"n\">" << name << "</th>";
    out << "</tr>\n";
    for (const FileReport &file : report.files) {
      Totals of = totalsOf(file, *report.diagnostics);
      out << "<tr><td><code>" << escaped(file.path) << "</code></td>";
      for (unsigned number : {of.lines, of.changedLines, of.calls, of.translated, of.partial,
                              of.gaps + of.unknown, of.launches, of.kernels})
        out << "<td class=\"n\">" << number << "</td>";
      out << "<td class=\"n\">" << effortText(of.minutes) << "</td></tr>\n";
    }
    out << "</table></div>\n";
  }

  void failed() {
    if (report.failed.empty())
      return;
    out << "<h2>Not read</h2>\n<div class=\"box\"><table><tr><th>Source</th><th>Reason</th></tr>\n";
    for (const FailedInput &each : report.failed)
      out << "<tr><td><code>" << escaped(each.path) << "</code></td><td>" << escaped(each.reason)
          << "</td></tr>\n";
    out << "</table></div>\n";
  }

  const Report &report;
  Totals totals;
  std::string text;
  llvm::raw_string_ostream out;
};

} // namespace

std::string npu::reportHtml(const Report &report) { return Page(report).write(); }
