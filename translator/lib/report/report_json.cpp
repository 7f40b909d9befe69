// The report for programs. The form is versioned: members are added, never changed.
#include "report/report.h"

#include "llvm/Support/JSON.h"

using namespace npu;
namespace json = llvm::json;

namespace {

std::string safe(llvm::StringRef text) {
  return json::isUTF8(text) ? text.str() : json::fixUTF8(text);
}

void writeTotals(json::OStream &out, const Totals &totals) {
  out.attribute("lines", totals.lines);
  out.attribute("changed_lines", totals.changedLines);
  out.attributeObject("calls", [&] {
    out.attribute("found", totals.calls);
    out.attribute("translated", totals.translated);
    out.attribute("partial", totals.partial);
    out.attribute("gap", totals.gaps);
    out.attribute("unknown", totals.unknown);
  });
  out.attribute("other_names", totals.otherNames);
  out.attributeObject("launches", [&] {
    out.attribute("translated", totals.launches);
    out.attribute("left", totals.launchesLeft);
  });
  out.attributeObject("diagnostics", [&] {
    out.attribute("errors", totals.errors);
    out.attribute("warnings", totals.warnings);
    out.attribute("notes", totals.notes);
  });
  out.attribute("hand_effort_minutes", totals.minutes);
}

void writeFile(json::OStream &out, const FileReport &file, const Diagnostics &diagnostics) {
  out.attribute("path", safe(file.path));
  out.attribute("output", safe(file.output));
  writeTotals(out, totalsOf(file, diagnostics));
  out.attributeArray("kernels", [&] {
    for (const KernelUse &kernel : file.kernels)
      out.object([&] {
        out.attribute("name", safe(kernel.name));
        out.attribute("line", kernel.line);
        out.attribute("device", placeName(Place::OpenCl));
        if (!kernel.tensorShape.empty()) {
          out.attribute("looks_like", kernel.tensorShape);
          out.attribute("on_the_npu_by", tensorShape(kernel.tensorShape).remedy);
        }
      });
  });
}

} // namespace

std::string npu::reportJson(const Report &report) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  json::OStream out(stream, 2);
  out.object([&] {
    out.attribute("format", "cu2npu-report/1");
    out.attribute("headline", headline(report));
    Totals totals = totalsOf(report);
    out.attributeObject("total", [&] {
      out.attribute("files", totals.files);
      out.attribute("failed_inputs", static_cast<int64_t>(report.failed.size()));
      out.attribute("kernels", totals.kernels);
      out.attribute("kernels_like_tensor_operations", totals.tensorKernels);
      writeTotals(out, totals);
    });
    out.attributeArray("placement", [&] {
      for (const PlacedCall &placed : placedCalls(report))
        out.object([&] {
          out.attribute("call", placed.row->cuda);
          out.attribute("library", placed.row->library->title);
          out.attribute("uses", placed.uses);
          out.attribute("device", placeName(placed.placement.place));
          out.attribute("why", placed.placement.why);
        });
    });
    out.attributeArray("files", [&] {
      for (const FileReport &file : report.files)
        out.object([&] { writeFile(out, file, *report.diagnostics); });
    });
    out.attributeArray("failed", [&] {
      for (const FailedInput &failed : report.failed)
        out.object([&] {
          out.attribute("path", safe(failed.path));
          out.attribute("reason", safe(failed.reason));
        });
    });
  });
  out.flush();
  stream << "\n";
  return stream.str();
}
