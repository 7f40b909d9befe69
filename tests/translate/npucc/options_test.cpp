// The command line's spelling rules, and that docs/npucc.md lists the table's rows.
#include "driver/argument_list.h"
#include "driver/driver.h"
#include "driver/inputs.h"
#include "driver/options.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace npu::driver;

namespace {

using Words = std::vector<std::string>;

// The settings, or an empty command line's with `error` set.
struct Parsed {
  Settings settings;
  std::string error;
  Words warnings;
};

Parsed parse(const Words &arguments) {
  Parsed parsed;
  llvm::Expected<Settings> settings = parseCommandLine(arguments, parsed.warnings);
  if (settings)
    parsed.settings = *settings;
  else
    parsed.error = llvm::toString(settings.takeError());
  return parsed;
}

TEST(Options, ValuesFollowASpaceOrAnEqualsSign) {
  EXPECT_EQ(parse({"-o", "x"}).settings.output, "x");
  EXPECT_EQ(parse({"-o=x"}).settings.output, "x");
  EXPECT_EQ(parse({"-ox"}).settings.output, "x");
  EXPECT_EQ(parse({"--output-file", "x"}).settings.output, "x");
  EXPECT_EQ(parse({"--output-file=x"}).settings.output, "x");
}

TEST(Options, OnlyOneLetterNamesTakeJoinedValues) {
  EXPECT_EQ(parse({"-O3"}).settings.optimize, "3");
  EXPECT_EQ(parse({"-Idir"}).settings.includeFolders, Words{"dir"});
  EXPECT_EQ(parse({"-lfoo"}).settings.libraries, Words{"foo"});
  EXPECT_NE(parse({"-Xptxas-v"}).error, "");
  EXPECT_NE(parse({"-isystemdir"}).error, "");
}

TEST(Options, AJoinedLetterAfterAFlagIsUnknown) {
  EXPECT_NE(parse({"-gdwarf"}).error.find("'-gdwarf'"), std::string::npos);
  EXPECT_NE(parse({"-cfoo"}).error.find("'-cfoo'"), std::string::npos);
}

TEST(Options, UnknownOptionsAreNamed) {
  for (const char *option : {"-fopenmp", "-Wall", "-fPIC", "-march=native", "-pthread", "--foo",
                             "--arch=sm_80", "--gencode", "-threads=2", "-Ofoo"})
    EXPECT_NE(parse({option}).error.find("unknown option '" + std::string(option) + "'"),
              std::string::npos)
        << option;
}

TEST(Options, UnknownOptionsAreForwardedOnRequest) {
  Parsed parsed = parse({"-march=native", "--forward-unknown-to-host-compiler"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.settings.unknown, Words{"-march=native"});
  EXPECT_TRUE(parsed.settings.forwardUnknownToCompiler);
  EXPECT_FALSE(parsed.settings.forwardUnknownToLinker);
}

TEST(Options, AMissingValueIsAnError) {
  EXPECT_EQ(parse({"-c", "-o"}).error, "argument expected after '-o'");
  EXPECT_EQ(parse({"-O"}).error, "argument expected after '-O'");
}

TEST(Options, FlagsTakeNoValue) {
  EXPECT_NE(parse({"--shared=yes"}).error.find("takes no value"), std::string::npos);
}

TEST(Options, ListsAreSplitAtCommas) {
  EXPECT_EQ(parse({"-Xcompiler", "-Wall,-O2", "--compiler-options=-fPIC"}).settings.compilerOptions,
            (Words{"-Wall", "-O2", "-fPIC"}));
  EXPECT_EQ(parse({"-I/a,/b", "-I=/c", "-I", "/d"}).settings.includeFolders,
            (Words{"/a", "/b", "/c", "/d"}));
  EXPECT_EQ(parse({"-DF=a,b"}).settings.preprocessor, (Words{"-D", "F=a", "-D", "b"}));
}

TEST(Options, QuotedAndEscapedCommasStay) {
  EXPECT_EQ(parse({"-Xcompiler", "\"-Wl,-rpath,/x\""}).settings.compilerOptions,
            Words{"-Wl,-rpath,/x"});
  EXPECT_EQ(parse({"-Xcompiler", "-Wl\\,-z\\,now"}).settings.compilerOptions, Words{"-Wl,-z,now"});
  EXPECT_EQ(parse({"-DF=\"a,b\""}).settings.preprocessor, (Words{"-D", "F=\"a,b\""}));
}

TEST(Options, HostOptionsAreWordsOfAShell) {
  EXPECT_EQ(parse({"-Xcompiler", "-Wall -DX='a b'"}).settings.compilerOptions,
            (Words{"-Wall", "-DX=a b"}));
}

TEST(Options, MacrosKeepTheirQuotesAndOrder) {
  EXPECT_EQ(parse({"-DNAME=\"x y\"", "-UNAME", "-include", "a.h"}).settings.preprocessor,
            (Words{"-D", "NAME=\"x y\"", "-U", "NAME", "-include", "a.h"}));
}

TEST(Options, BooleansAreTrueOrFalse) {
  EXPECT_TRUE(parse({"-rdc=true"}).settings.relocatable);
  EXPECT_TRUE(parse({"-rdc", "true"}).settings.relocatable);
  EXPECT_FALSE(parse({"--relocatable-device-code=true", "-rdc=false"}).settings.relocatable);
  EXPECT_FALSE(parse({"-fmad=false"}).settings.fuseMultiplyAdd);
  EXPECT_NE(parse({"-rdc=maybe"}).error.find("neither true nor false"), std::string::npos);
}

TEST(Options, DeviceCompileIsRelocatable) {
  Parsed parsed = parse({"-dc", "a.cu"});
  EXPECT_EQ(parsed.settings.phase, Phase::Compile);
  EXPECT_TRUE(parsed.settings.relocatable);
  EXPECT_FALSE(parse({"-dw"}).settings.relocatable);
}

TEST(Options, ValuesAreChecked) {
  EXPECT_NE(parse({"-std=c++99"}).error.find("'c++99'"), std::string::npos);
  EXPECT_NE(parse({"-x", "fortran"}).error.find("'fortran'"), std::string::npos);
  EXPECT_NE(parse({"-arch=foo"}).error.find("'foo'"), std::string::npos);
  EXPECT_NE(parse({"-gencode", "arch=compute_80,code=foo"}).error.find("'foo'"), std::string::npos);
  EXPECT_NE(parse({"-gencode", "sm_80"}).error.find("not of the form"), std::string::npos);
  EXPECT_NE(parse({"-t", "many"}).error.find("'many'"), std::string::npos);
  EXPECT_NE(parse({"-O", "foo"}).error.find("'foo'"), std::string::npos);
  EXPECT_NE(parse({"-default-stream=mine"}).error.find("'mine'"), std::string::npos);
}

TEST(Options, GpuOnlyOptionsAreAccepted) {
  Parsed parsed = parse({"-arch=sm_80",
                         "-arch",
                         "native",
                         "-gencode",
                         "arch=compute_70,code=[sm_70,compute_70]",
                         "--generate-code=arch=compute_80,code=sm_80",
                         "-code=sm_80,sm_86",
                         "-Xptxas",
                         "-v,-dlcm=ca",
                         "-maxrregcount=32",
                         "-lineinfo",
                         "-res-usage",
                         "-Xcudafe",
                         "--diag_suppress=177",
                         "-diag-suppress",
                         "20012,177",
                         "-m64",
                         "-ftz=true",
                         "-prec-div=false",
                         "-Wno-deprecated-gpu-targets",
                         "-Xnvlink=-v"});
  EXPECT_EQ(parsed.error, "");
}

TEST(Options, PtxasLevelSetsTheDeviceOptimisation) {
  EXPECT_EQ(parse({"-Xptxas", "-O1,-v"}).settings.deviceOptimize, "1");
  EXPECT_EQ(parse({"-Xptxas=-v"}).settings.deviceOptimize, "");
}

TEST(Options, ASecondDifferentValueWarns) {
  Parsed parsed = parse({"-std=c++17", "-std=c++14"});
  EXPECT_EQ(parsed.settings.standard, "c++14");
  ASSERT_EQ(parsed.warnings.size(), 1u);
  EXPECT_NE(parsed.warnings[0].find("-std"), std::string::npos);
  EXPECT_TRUE(parse({"-std=c++17", "-std=c++17"}).warnings.empty());
}

TEST(Options, GpuFormatsAreRefusedWithTheReason) {
  EXPECT_NE(parse({"-optix-ir"}).error.find("'-optix-ir' is not supported: OptiX needs"),
            std::string::npos);
  EXPECT_EQ(parse({"-ptx"}).settings.imageForm, ImageForm::Text);
  EXPECT_EQ(parse({"-cubin"}).settings.imageForm, ImageForm::Cubin);
}

TEST(Options, ResponseFilesNest) {
  std::string folder = testing::TempDir();
  std::ofstream(folder + "/inner.rsp") << "-DX='a b' -c\n";
  std::ofstream(folder + "/outer.rsp") << "-O2 -optf " << folder << "/inner.rsp\nfile.cu";
  for (const Words &arguments :
       {Words{"@" + folder + "/outer.rsp"}, Words{"--options-file=" + folder + "/outer.rsp"}}) {
    Parsed parsed = parse(arguments);
    EXPECT_EQ(parsed.error, "");
    EXPECT_EQ(parsed.settings.optimize, "2");
    EXPECT_EQ(parsed.settings.preprocessor, (Words{"-D", "X=a b"}));
    EXPECT_EQ(parsed.settings.inputs, Words{"file.cu"});
  }
  EXPECT_NE(parse({"@" + folder + "/absent.rsp"}).error.find("absent.rsp"), std::string::npos);
  std::ofstream(folder + "/loop.rsp") << "@" << folder << "/loop.rsp";
  EXPECT_NE(parse({"@" + folder + "/loop.rsp"}).error.find("includes itself"), std::string::npos);
}

TEST(Options, NoSpellingIsUsedTwice) {
  std::set<std::string> seen;
  for (const Option &option : optionTable())
    for (const std::string &spelling : option.spellings)
      EXPECT_TRUE(seen.insert(spelling).second) << spelling;
}

TEST(Options, EveryRowAcceptsAllItsSpellings) {
  for (const Option &option : optionTable())
    for (const std::string &spelling : option.spellings) {
      Words arguments = {spelling};
      if (option.form != Form::Flag)
        arguments.push_back("true");
      std::string error = parse(arguments).error;
      EXPECT_EQ(error.find("unknown option"), std::string::npos) << spelling;
      EXPECT_EQ(error.find("argument expected"), std::string::npos) << spelling;
      EXPECT_EQ(error.find("is not supported") != std::string::npos,
                option.effect == Option::Effect::Refused)
          << spelling << ": " << error;
    }
}

// The table's rows as docs/npucc.md has them.
std::string documentedRow(const Option &option) {
  std::string row = "| ";
  for (const std::string &spelling : option.spellings)
    row += (&spelling == &option.spellings.front() ? "`" : ", `") + spelling + "`";
  const char *effect = option.effect == Option::Effect::Used      ? "used"
                       : option.effect == Option::Effect::Ignored ? "ignored"
                                                                  : "refused";
  return row + " | " + effect + " | " + option.help + " |";
}

TEST(Options, TheDocumentationListsTheTable) {
  std::ifstream file(NPU_SOURCE_FOLDER "/docs/npucc.md");
  std::set<std::string> documented, expected;
  for (std::string line; std::getline(file, line);)
    if (line.rfind("| `-", 0) == 0)
      documented.insert(line);
  for (const Option &option : optionTable())
    expected.insert(documentedRow(option));
  for (const std::string &row : expected)
    EXPECT_TRUE(documented.count(row)) << "docs/npucc.md lacks:\n" << row;
  for (const std::string &row : documented)
    EXPECT_TRUE(expected.count(row)) << "docs/npucc.md has, but options.def has not:\n" << row;
}

TEST(Inputs, KernelHeaderIsFoundOutsideCommentsAndStrings) {
  EXPECT_TRUE(includesKernelHeader("#include <npu/kernel.h>\n"));
  EXPECT_TRUE(includesKernelHeader("int a;\n  #  include \"npu/kernel.h\" // c\n"));
  EXPECT_TRUE(includesKernelHeader("/* c */ #include <npu/kernel.h>"));
  EXPECT_TRUE(includesKernelHeader("\xEF\xBB\xBF#include <npu/kernel.h>\n"));
  EXPECT_TRUE(includesKernelHeader("const char *s = \"/*\";\n#include <npu/kernel.h>\n"));
  EXPECT_TRUE(includesKernelHeader("int n = 1'000;\n#include <npu/kernel.h>\n"));
  EXPECT_TRUE(includesKernelHeader("char q = '\"';\n#include <npu/kernel.h>\n"));
  EXPECT_FALSE(includesKernelHeader("// #include <npu/kernel.h>\n"));
  EXPECT_FALSE(includesKernelHeader("// a \\\n#include <npu/kernel.h>\n"));
  EXPECT_FALSE(includesKernelHeader("/*\n#include <npu/kernel.h>\n*/\n"));
  EXPECT_FALSE(includesKernelHeader("auto s = R\"x(\n#include <npu/kernel.h>\n)x\";\n"));
  EXPECT_FALSE(includesKernelHeader("#include <npu/runtime.h>\n"));
  EXPECT_FALSE(includesKernelHeader("int include; <npu/kernel.h>\n"));
}

TEST(Arguments, ShellQuotingSurvivesASplit) {
  for (const char *text : {"plain", "a b", "it's", "\"q\"", "$x"})
    EXPECT_EQ(splitWords(shellQuote(text)), Words{text}) << text;
}

} // namespace
