// The steps of a compilation: device image, host object; then library, device link, link.
#include "driver/build.h"

#include "driver/argument_list.h"
#include "driver/device_steps.h"
#include "driver/relocatable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <thread>

using namespace llvm;

namespace npu::driver {

namespace {

std::string stemOf(StringRef path) { return sys::path::stem(path).str(); }

// Where the device side leaves sources for the host side (DeviceCompileOptions::rewrittenSources).
std::string rewrittenSources(const std::string &image) { return image + ".sources"; }

std::string absolute(StringRef path) {
  SmallString<256> result(path);
  (void)sys::fs::make_absolute(result);
  return result.str().str();
}

} // namespace

Build::Build(const Layout &layout, const Settings &settings, std::vector<Input> inputs,
             bool withRuntime)
    : layout(layout), settings(settings), inputs(std::move(inputs)), withRuntime(withRuntime),
      host(layout, this->settings) {}

int Build::run() {
  unsigned threads = settings.threads ? settings.threads : std::thread::hardware_concurrency();
  StepPolicy policy{settings.verbose || settings.dryRun, !settings.dryRun, std::max(1u, threads)};
  auto report = [](Error error) {
    errs() << "npucc: error: " << toString(std::move(error)) << '\n';
    return 1;
  };
  Expected<std::vector<Steps>> compilations = sourceSteps();
  if (!compilations)
    return report(compilations.takeError());
  if (int status = runSteps(std::move(*compilations), policy))
    return status;
  Expected<Steps> rest = finalSteps();
  if (!rest)
    return report(rest.takeError());
  return runSteps({std::move(*rest)}, policy);
}

bool Build::linksSomething() const {
  return settings.phase == Phase::Link || settings.phase == Phase::DeviceLink ||
         settings.phase == Phase::Library;
}

Expected<std::vector<Build::Steps>> Build::sourceSteps() {
  std::vector<Steps> sequences;
  for (const Input &input : inputs) {
    if (!input.isSource()) {
      files.push_back(input.path);
      stems.push_back(stemOf(input.path));
      continue;
    }
    Expected<Steps> steps = stepsOf(input);
    if (!steps)
      return steps.takeError();
    sequences.push_back(std::move(*steps));
  }
  return sequences;
}

Expected<Build::Steps> Build::stepsOf(const Input &input) {
  if (settings.phase == Phase::Preprocess || settings.phase == Phase::Dependencies)
    return printSteps(input);
  Steps steps;
  std::string stem = stemOf(input.path);
  if (settings.phase == Phase::DeviceImage) {
    if (!input.hasDeviceCode())
      return steps;
    const char *extension = settings.imageForm == ImageForm::Text    ? ".ptx"
                            : settings.imageForm == ImageForm::Cubin ? ".cubin"
                                                                     : ".fatbin";
    std::string target = settings.output.empty() ? defaultOutput(stem, extension) : settings.output;
    Expected<std::string> temporary = outputFor(target);
    if (!temporary)
      return temporary.takeError();
    steps.push_back(deviceStep(input, unitName(input, target), *temporary));
    steps.back().then = place(*temporary, target);
    return steps;
  }
  std::string target;
  if (!linksSomething()) {
    target = settings.output.empty() ? defaultOutput(stem, ".o") : settings.output;
  } else {
    Expected<std::string> object = intermediate(stem, ".o");
    if (!object)
      return object.takeError();
    target = *object;
    files.push_back(target);
    stems.push_back(stem);
  }
  if (Error error = addCompile(input, target, steps))
    return error;
  return steps;
}

Error Build::addCompile(const Input &input, const std::string &target, Steps &steps) {
  std::string stem = stemOf(input.path), unit = unitName(input, target), image;
  if (input.hasDeviceCode()) {
    Expected<std::string> file = intermediate(stem, ".fatbin");
    if (!file)
      return file.takeError();
    image = *file;
    steps.push_back(deviceStep(input, unit, image, rewrittenSources(image)));
    steps.back().then = [this, image]() -> Error {
      const std::string overlay = rewrittenSources(image);
      if (sys::fs::exists(overlay))
        temporaries.adopt(overlay);
      for (int i = 0; sys::fs::exists(overlay + "." + std::to_string(i)); ++i)
        temporaries.adopt(overlay + "." + std::to_string(i));
      return Error::success();
    };
  }
  Expected<std::string> object = outputFor(target);
  if (!object)
    return object.takeError();

  std::string dependencyFile, dependencyTemporary;
  // The rule is about the file that the user asked for.
  std::string named =
      linksSomething() ? (settings.phase == Phase::Link ? finalOutput() : stem + ".o") : target;
  if (settings.writeDependencies) {
    SmallString<256> path(linksSomething() && settings.output.empty() ? stem + ".d" : named);
    sys::path::replace_extension(path, "d");
    dependencyFile = settings.dependencyFile.empty() ? path.str().str() : settings.dependencyFile;
    Expected<std::string> file = outputFor(dependencyFile);
    if (!file)
      return file.takeError();
    dependencyTemporary = *file;
  }
  std::string rule = settings.dependencyTarget.empty() ? named : settings.dependencyTarget;

  Step step;
  step.command = host.compile(input, unit, image, *object, dependencyTemporary, rule);
  step.alternative = host.compileByGcc(input, *object, dependencyTemporary, rule);
  if (!image.empty())
    step.before = [overlay = rewrittenSources(image)](std::vector<std::string> &command) {
      if (sys::fs::exists(overlay))
        command.insert(command.begin() + 1, {"-ivfsoverlay", overlay});
    };
  bool relocatable = settings.relocatable && input.hasDeviceCode();
  step.then = [this, relocatable, unit, object = *object, target, dependencyTemporary,
               dependencyFile]() -> Error {
    if (relocatable)
      if (Error error = makeRegistrationUnique(object, unit))
        return error;
    if (!dependencyFile.empty())
      if (Error error = temporaries.putInPlace(dependencyTemporary, dependencyFile))
        return error;
    return temporaries.putInPlace(object, target);
  };
  steps.push_back(std::move(step));
  return Error::success();
}

Step Build::deviceStep(const Input &input, const std::string &unit, const std::string &imageFile,
                       const std::string &rewritten) const {
  DeviceCompileOptions options = deviceOptions(layout, settings);
  options.input = input.path;
  options.unit = unit;
  options.rewrittenSources = rewritten;
  options.clangArguments = host.sharedArguments(input, unit);
  // The host side shows the same warnings.
  options.clangArguments.push_back("-w");
  return compileDeviceStep(settings, std::move(options), imageFile);
}

Expected<Build::Steps> Build::printSteps(const Input &input) {
  std::string target = settings.output;
  if (target.empty() && settings.phase == Phase::Dependencies)
    target = settings.dependencyFile;
  std::string temporary;
  if (!target.empty()) {
    Expected<std::string> file = outputFor(target);
    if (!file)
      return file.takeError();
    temporary = *file;
  }
  std::string rule =
      settings.dependencyTarget.empty() ? stemOf(input.path) + ".o" : settings.dependencyTarget;
  Step step;
  step.command = settings.phase == Phase::Preprocess ? host.preprocess(input, temporary)
                                                     : host.dependencies(input, temporary, rule);
  if (!target.empty())
    step.then = place(temporary, target);
  return Steps{std::move(step)};
}

Expected<Build::Steps> Build::finalSteps() {
  Steps steps;
  Error error = Error::success();
  if (settings.phase == Phase::Library)
    error = joinErrors(std::move(error), addLibrary(steps));
  else if (settings.phase == Phase::DeviceLink)
    error = joinErrors(std::move(error), addDeviceLink(finalOutput(), true, steps));
  else if (settings.phase == Phase::Link)
    error = joinErrors(std::move(error), addLink(steps));
  if (error)
    return error;
  return steps;
}

// The files that a device link looks at: the inputs, and the static libraries named by -l.
std::vector<std::string> Build::linkedFiles() const {
  std::vector<std::string> found;
  for (const std::string &file : files)
    if (!StringRef(file).contains(".so"))
      found.push_back(file);
  for (const std::string &library : settings.libraries)
    for (const std::string &folder : settings.libraryFolders) {
      bool exact = StringRef(library).startswith(":");
      std::string base = folder + "/" + (exact ? library.substr(1) : "lib" + library);
      if (!exact && sys::fs::exists(base + ".so"))
        break; // what the linker takes
      std::string archive = exact ? base : base + ".a";
      if (!StringRef(archive).endswith(".a") || !sys::fs::exists(archive))
        continue;
      found.push_back(archive);
      break;
    }
  return found;
}

// `always`: also when no input has relocatable device code (-dlink promises an object).
Error Build::addDeviceLink(const std::string &target, bool always, Steps &steps) {
  RelocatableCode code;
  if (!settings.dryRun) {
    Expected<RelocatableCode> collected = collectRelocatableCode(linkedFiles());
    if (!collected)
      return collected.takeError();
    code = std::move(*collected);
  }
  if (!always && code.registrations.empty() && !(settings.dryRun && settings.relocatable))
    return Error::success();
  Expected<std::string> image = intermediate("dlink", ".fatbin");
  Expected<std::string> source = intermediate("dlink", ".c");
  Expected<std::string> object = outputFor(target);
  for (Expected<std::string> *file : {&image, &source, &object})
    if (!*file)
      return joinErrors(image.takeError(), joinErrors(source.takeError(), object.takeError()));
  std::string text = registrationSource(code, absolute(*image));
  steps.push_back(linkDeviceStep(settings, linkedFiles(), std::move(code.bitcode),
                                 deviceOptions(layout, settings), *image));
  steps.back().then = [source = *source, text] {
    return writeFile(source, arrayRefFromStringRef(text));
  };
  Step compile;
  compile.command = {layout.clang, "-x", "c", "-fPIC", "-O1", "-c", *source, "-o", *object};
  compile.then = place(*object, target);
  steps.push_back(std::move(compile));
  return Error::success();
}

Error Build::addLibrary(Steps &steps) {
  std::string target = finalOutput();
  Expected<std::string> temporary = outputFor(target);
  if (!temporary)
    return temporary.takeError();
  steps.push_back(archiveStep(files, stems, *temporary));
  steps.back().then = place(*temporary, target);
  return Error::success();
}

Error Build::addLink(Steps &steps) {
  std::vector<std::string> linked = files;
  if (!settings.noDeviceLink) {
    Expected<std::string> object = intermediate(stemOf(finalOutput()) + "_dlink", ".o");
    if (!object)
      return object.takeError();
    if (Error error = addDeviceLink(*object, false, steps))
      return error;
    if (!steps.empty())
      linked.insert(linked.begin(), *object);
  }
  std::string target = finalOutput();
  Expected<std::string> program = outputFor(target);
  if (!program)
    return program.takeError();
  Step link;
  link.command =
      host.link(linked, settings.libraryFolders, settings.libraries, withRuntime, *program);
  link.then = place(*program, target);
  steps.push_back(std::move(link));
  if (settings.run) {
    Step run;
    run.command = {StringRef(target).contains('/') ? target : "./" + target};
    run.command.insert(run.command.end(), settings.runArguments.begin(),
                       settings.runArguments.end());
    steps.push_back(std::move(run));
  }
  return Error::success();
}

Expected<std::string> Build::intermediate(const std::string &stem, const std::string &extension) {
  if (settings.keep) {
    SmallString<256> path(settings.keepDirectory);
    sys::path::append(path, stem + extension);
    return path.str().str();
  }
  if (settings.dryRun)
    return "/tmp/npucc-" + stem + extension;
  return temporaries.create(stem, StringRef(extension).drop_front());
}

Expected<std::string> Build::outputFor(const std::string &target) {
  if (settings.dryRun)
    return target;
  return temporaries.createBeside(target);
}

std::function<Error()> Build::place(const std::string &temporary, const std::string &target) {
  return [=] { return temporaries.putInPlace(temporary, target); };
}

std::string Build::defaultOutput(const std::string &stem, const std::string &extension) const {
  SmallString<256> path(settings.outputDirectory);
  sys::path::append(path, stem + extension);
  return path.str().str();
}

std::string Build::finalOutput() const {
  if (!settings.output.empty())
    return settings.output;
  switch (settings.phase) {
  case Phase::DeviceLink:
    return defaultOutput("a_dlink", ".o");
  case Phase::Library:
    return defaultOutput("a", ".a");
  default:
    return defaultOutput("a", ".out");
  }
}

// Distinct for every object of a program, the same when the same command is repeated.
std::string Build::unitName(const Input &input, const std::string &target) const {
  std::string identity = absolute(input.path) + '\0' + absolute(linksSomething() ? "" : target);
  for (const std::string &word : settings.preprocessor)
    identity += '\0' + word;
  return utohexstr(xxHash64(identity), /*LowerCase=*/true);
}

} // namespace npu::driver
