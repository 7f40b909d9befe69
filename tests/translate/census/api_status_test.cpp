// docs/api-status.md says what the API tables say. With NPU_UPDATE_API_STATUS=1 the test writes the
// page instead of comparing it: that is how the page is made.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

const char kPage[] = NPU_SOURCE_DIR "/docs/api-status.md";

struct Row {
  std::string cuda, neutral, status, note; // status: "full", "partial" or "no"
};
struct Group {
  std::string title;
  std::vector<Row> rows;
};

class Table {
public:
  void group(const std::string &title) { groups.push_back({title, {}}); }
  void api(const char *cuda, const char *neutral, const Row &status) {
    if (groups.empty())
      group("General");
    groups.back().rows.push_back({cuda, neutral, status.status, status.note});
  }
  std::string page(const std::string &title) const;

private:
  std::vector<Group> groups;
};

const Row Full{"", "", "full", ""};
Row Partial(const char *note) { return {"", "", "partial", note}; }
Row Gap(const char *reason) { return {"", "", "no", reason}; }

std::string Table::page(const std::string &title) const {
  std::ostringstream out;
  std::map<std::string, int> count;
  for (const Group &group : groups)
    for (const Row &row : group.rows)
      ++count[row.status];
  out << "\n## " << title << "\n\n"
      << count["full"] << " complete, " << count["partial"] << " partial, " << count["no"]
      << " recognised and refused with the reason.\n";
  for (const Group &group : groups) {
    if (group.rows.empty())
      continue;
    out << "\n### " << group.title << "\n\n| CUDA | neutral | supported | |\n|---|---|---|---|\n";
    for (const Row &row : group.rows) {
      out << "| `" << row.cuda << "` | ";
      if (!row.neutral.empty())
        out << "`" << row.neutral << "`";
      out << " | " << row.status << " | " << row.note << " |\n";
    }
  }
  return out.str();
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define API_OF(type, cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table runtimeTable() {
  Table table;
#include "npu/api/runtime.def"
#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));
#include "npu/api/graphics.def"
#include "npu/api/versions.def"
#undef GROUP
#undef API
#undef GAP
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define API_OF(type, cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

// The functions of 64-bit sizes have the state of those of int; the page says so once.
#define API_64(cuda, neutral, parameters, status)
#define API_V2_64(cuda, neutral, parameters, status)

Table blasTable() {
  Table table;
#include "npu/api/blas.def"
  return table;
}

Table blasLtTable() {
  Table table;
#include "npu/api/blas_lt.def"
  return table;
}

Table blasXtTable() {
  Table table;
#include "npu/api/blas_xt.def"
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define API_OF(type, cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table dnnTable() {
  Table table;
#include "npu/api/dnn.def"
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define API_OF(type, cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table driverTable() {
  Table table;
#include "npu/api/driver.def"
#include "npu/api/runtime_compiler.def"
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table randomTable() {
  Table table;
#include "npu/api/random.def"
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table fftTable() {
  Table table;
#include "npu/api/fft.def"
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define API_OF(type, cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table sparseTable() {
  Table table;
#include "npu/api/sparse.def"
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table solverTable() {
  Table table;
#include "npu/api/solver.def"
  return table;
}

#define GROUP(title) table.group(title);
#define API(cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define API_OF(type, cuda, neutral, parameters, status) table.api(#cuda, #neutral, status);
#define GAP(cuda, reason) table.api(#cuda, "", Gap(reason));

Table collectivesTable() {
  Table table;
#include "npu/api/collectives.def"
  return table;
}

std::string page() {
  return "# What of CUDA's API is supported\n\n"
         "Generated from the tables in `runtime/include/npu/api`; do not edit. To make it anew, "
         "run\n"
         "`NPU_UPDATE_API_STATUS=1 api_status_test`. What CUDA itself calls a hint (cache "
         "preferences,\n"
         "priorities, advice) is complete when it is checked and remembered; it changes nothing "
         "here.\n" +
         runtimeTable().page("Runtime") + driverTable().page("Driver and run-time compilation") +
         blasTable().page("BLAS") +
         "\nFunctions of vectors and matrices with int sizes also have their `_64` form; the "
         "functions of\n`cublas.h`, without handles, are all there.\n" +
         blasLtTable().page("BLAS Lt") + blasXtTable().page("BLAS Xt") + dnnTable().page("DNN") +
         randomTable().page("Random numbers") + fftTable().page("Fourier transforms") +
         sparseTable().page("Sparse linear algebra") + solverTable().page("Dense solvers") +
         collectivesTable().page("Collectives");
}

} // namespace

TEST(ApiStatus, PageSaysWhatTheTablesSay) {
  if (std::getenv("NPU_UPDATE_API_STATUS")) {
    std::ofstream(kPage) << page();
    GTEST_SKIP() << "wrote " << kPage;
  }
  std::ifstream file(kPage);
  std::stringstream checkedIn;
  checkedIn << file.rdbuf();
  EXPECT_EQ(checkedIn.str(), page()) << "run NPU_UPDATE_API_STATUS=1 build/bin/api_status_test";
}
