// Steps without another program.
#include "driver/device_steps.h"

#include "driver/relocatable.h"

#include "npu/image_text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace npu::driver {

namespace {

int reportFailure(Error error) {
  errs() << "npucc: error: " << toString(std::move(error)) << '\n';
  return 1;
}

std::vector<uint8_t> textOf(const std::vector<uint8_t> &image) {
  const std::string text = imageToText(image);
  return std::vector<uint8_t>(text.begin(), text.end());
}

// The same step as an npucc command, for -v and --dryrun.
std::vector<std::string> imageCommand(const Settings &settings, const DeviceCompileOptions &options,
                                      const std::string &imageFile) {
  std::vector<std::string> command = {"npucc", "-fatbin"};
  auto add = [&](bool wanted, std::string word) {
    if (wanted)
      command.push_back(std::move(word));
  };
  add(!settings.language.empty(), "-x=" + settings.language);
  add(!settings.standard.empty(), "-std=" + settings.standard);
  add(settings.relocatable, "-rdc=true");
  add(settings.deviceDebug, "-G");
  add(!settings.deviceOptimize.empty(), "-Xptxas=-O" + settings.deviceOptimize);
  add(!settings.deviceLowering.empty(), "--device-lowering=" + settings.deviceLowering);
  add(!settings.dumpPasses.empty(), "--dump-passes=" + settings.dumpPasses);
  add(settings.fastMath, "-use_fast_math");
  add(!settings.fuseMultiplyAdd, "-fmad=false");
  add(settings.perThreadDefaultStream, "-default-stream=per-thread");
  for (const std::string &folder : settings.includeFolders)
    command.push_back("-I" + folder);
  for (const std::string &folder : settings.systemIncludeFolders)
    command.insert(command.end(), {"-isystem", folder});
  command.insert(command.end(), settings.preprocessor.begin(), settings.preprocessor.end());
  command.insert(command.end(), {options.input, "-o", imageFile});
  return command;
}

Error writeLibrary(const std::vector<std::string> &files, const std::vector<std::string> &stems,
                   const std::string &library) {
  std::vector<std::string> names;
  for (const std::string &stem : stems)
    names.push_back(stem + ".o");
  std::vector<NewArchiveMember> members;
  for (size_t i = 0; i < files.size(); ++i) {
    if (StringRef(files[i]).endswith(".a"))
      return createStringError(inconvertibleErrorCode(),
                               "'" + files[i] +
                                   "' is a library; -lib collects objects and sources");
    Expected<NewArchiveMember> member = NewArchiveMember::getFile(files[i], /*Deterministic=*/true);
    if (!member)
      return member.takeError();
    member->MemberName = names[i];
    members.push_back(std::move(*member));
  }
  return writeArchive(library, members, /*WriteSymtab=*/true, object::Archive::K_GNU,
                      /*Deterministic=*/true, /*Thin=*/false);
}

} // namespace

DeviceCompileOptions deviceOptions(const Layout &layout, const Settings &settings) {
  DeviceCompileOptions options;
  options.optimize = settings.deviceDebug ? 1 : 3;
  if (!settings.deviceOptimize.empty())
    options.optimize = settings.deviceOptimize[0] - '0';
  // Without optimisation values live in memory, where they have no form as a warp's; and there is
  // no debugger of kernels that would see them there.
  options.optimize = std::max(options.optimize, 1u);
  options.dumpPasses = settings.dumpPasses;
  options.warps = settings.deviceLowering != "thread";
  options.onlyWarps = settings.deviceLowering == "warp";
  options.fastMath = settings.fastMath;
  options.fuseMultiplyAdd = settings.fuseMultiplyAdd;
  options.relocatable = settings.relocatable;
  options.deviceLibrary = layout.deviceLibrary;
  options.ownFolders = layout.includeFolders;
  return options;
}

Step compileDeviceStep(const Settings &settings, DeviceCompileOptions options,
                       std::string imageFile) {
  Step step;
  step.command = imageCommand(settings, options, imageFile);
  bool text = settings.phase == Phase::DeviceImage && settings.imageForm == ImageForm::Text;
  step.work = [options = std::move(options), imageFile = std::move(imageFile), text]() -> int {
    Expected<std::vector<uint8_t>> image = compileDevice(options);
    if (!image)
      return reportFailure(image.takeError());
    if (options.relocatable)
      image = frameBitcode(*image);
    else if (text)
      image = textOf(*image);
    Error error = writeFile(imageFile, *image);
    return error ? reportFailure(std::move(error)) : 0;
  };
  return step;
}

Step linkDeviceStep(const Settings &settings, const std::vector<std::string> &files,
                    std::vector<std::vector<uint8_t>> bitcode, DeviceCompileOptions options,
                    std::string imageFile) {
  Step step;
  step.command = {"npucc", "-dlink"};
  step.command.insert(step.command.end(), files.begin(), files.end());
  step.command.insert(step.command.end(), {"-o", imageFile});
  options.relocatable = false;
  step.work = [bitcode = std::move(bitcode), options = std::move(options),
               imageFile = std::move(imageFile)]() -> int {
    Expected<std::vector<uint8_t>> image = linkDevice(bitcode, options);
    if (!image)
      return reportFailure(image.takeError());
    Error error = writeFile(imageFile, *image);
    return error ? reportFailure(std::move(error)) : 0;
  };
  return step;
}

Step archiveStep(std::vector<std::string> files, std::vector<std::string> stems,
                 std::string library) {
  Step step;
  step.command = {"ar", "rcs", library};
  step.command.insert(step.command.end(), files.begin(), files.end());
  step.work = [=] {
    Error error = writeLibrary(files, stems, library);
    return error ? reportFailure(std::move(error)) : 0;
  };
  return step;
}

Error writeFile(StringRef path, ArrayRef<uint8_t> bytes) {
  std::error_code error;
  raw_fd_ostream file(path, error);
  if (!error) {
    file << toStringRef(bytes);
    file.close();
    error = file.error();
    file.clear_error();
  }
  if (error)
    return createStringError(error, "cannot write '" + path + "': " + error.message());
  return Error::success();
}

} // namespace npu::driver
