// See diagnostic_files.h.
#include "report/diagnostic_files.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"

using namespace npu;
namespace json = llvm::json;

namespace {

std::string safe(llvm::StringRef text) {
  return json::isUTF8(text) ? text.str() : json::fixUTF8(text);
}

// A relative path as a URI reference (RFC 3986): what is no unreserved character is escaped.
std::string uri(llvm::StringRef path) {
  std::string result = path.startswith("/") ? "file://" : "";
  for (unsigned char c : path) {
    if (std::isalnum(c) || llvm::StringRef("/-._~").contains(static_cast<char>(c))) {
      result += static_cast<char>(c);
    } else {
      const char *digits = "0123456789ABCDEF";
      result += {'%', digits[c >> 4], digits[c & 15]};
    }
  }
  return result;
}

template <typename F> std::string document(F write) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  json::OStream out(stream, 2);
  write(out);
  out.flush();
  stream << "\n";
  return stream.str();
}

void writeRules(json::OStream &out) {
  out.attributeArray("rules", [&] {
    for (DiagnosticId id : allDiagnosticIds())
      out.object([&] {
        out.attribute("id", diagnosticName(id));
        out.attributeObject("shortDescription", [&] { out.attribute("text", diagnosticText(id)); });
        out.attributeObject("defaultConfiguration",
                            [&] { out.attribute("level", severityName(usualSeverity(id))); });
      });
  });
}

void writeResult(json::OStream &out, const Diagnostic &diagnostic) {
  // Columns are bytes here and characters there.
  llvm::StringRef before = llvm::StringRef(diagnostic.sourceLine).take_front(diagnostic.column - 1);
  int64_t characters = llvm::count_if(before, [](char c) { return (c & 0xC0) != 0x80; });
  out.attribute("ruleId", diagnosticName(diagnostic.id));
  out.attribute("ruleIndex", static_cast<int64_t>(diagnostic.id));
  out.attribute("level", severityName(diagnostic.severity));
  out.attributeObject("message", [&] { out.attribute("text", safe(diagnostic.text)); });
  out.attributeArray("locations", [&] {
    out.object([&] {
      out.attributeObject("physicalLocation", [&] {
        out.attributeObject("artifactLocation",
                            [&] { out.attribute("uri", uri(diagnostic.path)); });
        out.attributeObject("region", [&] {
          out.attribute("startLine", diagnostic.line);
          out.attribute("startColumn", characters + 1);
          out.attributeObject("snippet",
                              [&] { out.attribute("text", safe(diagnostic.sourceLine)); });
        });
      });
    });
  });
}

} // namespace

std::string npu::diagnosticsJson(const Diagnostics &diagnostics) {
  return document([&](json::OStream &out) {
    out.object([&] {
      out.attribute("format", "cu2npu-diagnostics/1");
      out.attributeArray("diagnostics", [&] {
        for (const Diagnostic *each : diagnostics.inOrder())
          out.object([&] {
            out.attribute("id", diagnosticName(each->id));
            out.attribute("severity", severityName(each->severity));
            out.attribute("file", safe(each->path));
            out.attribute("line", each->line);
            out.attribute("column", each->column);
            out.attribute("message", safe(each->text));
          });
      });
    });
  });
}

std::string npu::diagnosticsSarif(const Diagnostics &diagnostics) {
  return document([&](json::OStream &out) {
    out.object([&] {
      out.attribute("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
      out.attribute("version", "2.1.0");
      out.attributeArray("runs", [&] {
        out.object([&] {
          out.attributeObject("tool", [&] {
            out.attributeObject("driver", [&] {
              out.attribute("name", "cu2npu");
              out.attribute("version", NPU_VERSION);
              writeRules(out);
            });
          });
          out.attribute("columnKind", "unicodeCodePoints");
          out.attributeArray("results", [&] {
            for (const Diagnostic *each : diagnostics.inOrder())
              out.object([&] { writeResult(out, *each); });
          });
        });
      });
    });
  });
}
