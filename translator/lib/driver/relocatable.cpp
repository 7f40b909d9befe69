// Frames, unique registration names, collection from objects and archives, the registration source.
#include "driver/relocatable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/ObjCopy/CommonConfig.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Object/IRObjectFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace npu::driver {

namespace {

constexpr StringLiteral kMagic = "NPURDC01";
constexpr StringLiteral kSection = "__nv_relfatbin";
constexpr StringLiteral kRegistration = "__cudaRegisterLinkedBinary";
constexpr StringLiteral kWrapper = "__fatbinwrap";
constexpr size_t kHeaderBytes = 16, kAlignment = 8;
// Device symbols share one set with host symbols under this prefix.
constexpr StringLiteral kDevicePrefix = "device:";

struct Member {
  std::string name; // for messages
  StringSet<> defined, undefined;
  std::vector<std::vector<uint8_t>> bitcode;
  std::vector<std::string> registrations; // undefined ones
  bool lazy = false;                      // an archive's: taken when needed
  bool taken = false;
};

Error failure(const Twine &message) { return createStringError(inconvertibleErrorCode(), message); }

Error unframe(StringRef section, Member &member) {
  for (size_t at = 0; at + kHeaderBytes <= section.size();) {
    if (section.substr(at, kMagic.size()) != kMagic) {
      if (section[at] != '\0')
        return failure(member.name + ": its relocatable device code was not made by npucc; compile "
                                     "it again with npucc -dc");
      at += kAlignment;
      continue;
    }
    uint64_t bytes = support::endian::read64le(section.data() + at + kMagic.size());
    at += kHeaderBytes;
    if (bytes > section.size() - at)
      return failure(member.name + ": its device code is cut short; compile it again");
    member.bitcode.emplace_back(section.bytes_begin() + at, section.bytes_begin() + at + bytes);
    at += alignTo(bytes, kAlignment);
  }
  return Error::success();
}

Error addDeviceSymbols(Member &member) {
  LLVMContext context;
  for (const std::vector<uint8_t> &bytes : member.bitcode) {
    MemoryBufferRef buffer(toStringRef(bytes), member.name);
    auto module = object::IRObjectFile::create(buffer, context);
    if (!module)
      return failure(member.name + ": bad device code: " + toString(module.takeError()));
    for (const object::BasicSymbolRef &symbol : (*module)->symbols()) {
      Expected<uint32_t> flags = symbol.getFlags();
      if (!flags)
        return flags.takeError();
      std::string name = kDevicePrefix.str();
      raw_string_ostream stream(name);
      if (Error error = symbol.printName(stream))
        return error;
      bool isUndefined = *flags & object::BasicSymbolRef::SF_Undefined;
      (isUndefined ? member.undefined : member.defined).insert(stream.str());
    }
  }
  return Error::success();
}

Error addHostSymbols(const object::ELFObjectFileBase &object, Member &member) {
  for (const object::ELFSymbolRef symbol : object.symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (!flags)
      return flags.takeError();
    if (!name)
      return name.takeError();
    if (!(*flags & object::BasicSymbolRef::SF_Global) || name->empty())
      continue;
    bool isUndefined = *flags & object::BasicSymbolRef::SF_Undefined;
    (isUndefined ? member.undefined : member.defined).insert(*name);
    if (isUndefined && name->startswith(kRegistration))
      member.registrations.push_back(name->str());
  }
  return Error::success();
}

Expected<Member> readMember(MemoryBufferRef buffer, const std::string &name) {
  Member member;
  member.name = name;
  auto binary = object::ObjectFile::createELFObjectFile(buffer);
  if (!binary) { // not an object: a linker script, or a member that the linker judges
    consumeError(binary.takeError());
    return member;
  }
  auto &object = cast<object::ELFObjectFileBase>(**binary);
  for (const object::SectionRef &section : object.sections()) {
    Expected<StringRef> sectionName = section.getName();
    if (!sectionName)
      return sectionName.takeError();
    if (*sectionName != kSection)
      continue;
    Expected<StringRef> contents = section.getContents();
    if (!contents)
      return contents.takeError();
    if (Error error = unframe(*contents, member))
      return error;
  }
  if (Error error = addHostSymbols(object, member))
    return error;
  if (Error error = addDeviceSymbols(member))
    return error;
  return member;
}

Error readArchive(MemoryBufferRef buffer, const std::string &file, std::vector<Member> &members) {
  Expected<std::unique_ptr<object::Archive>> archive = object::Archive::create(buffer);
  if (!archive)
    return failure("cannot read '" + file + "': " + toString(archive.takeError()));
  Error error = Error::success();
  for (const object::Archive::Child &child : (*archive)->children(error)) {
    Expected<MemoryBufferRef> contents = child.getMemoryBufferRef();
    if (!contents)
      return joinErrors(std::move(error), contents.takeError());
    Expected<Member> member =
        readMember(*contents, file + "(" + contents->getBufferIdentifier().str() + ")");
    if (!member)
      return joinErrors(std::move(error), member.takeError());
    member->lazy = true;
    members.push_back(std::move(*member));
  }
  return error;
}

// As the linker does, but without regard to the order of archives: what it takes is among these.
// Archives alone are device code for objects that are not known here: all of it.
void takeNeeded(std::vector<Member> &members) {
  StringSet<> needed, defined;
  needed.insert("main"); // the C runtime asks for it
  const bool onlyArchives = all_of(members, [](const Member &member) { return member.lazy; });
  auto take = [&](Member &member) {
    member.taken = true;
    for (const auto &name : member.defined)
      defined.insert(name.first());
    for (const auto &name : member.undefined)
      needed.insert(name.first());
  };
  for (Member &member : members)
    if (!member.lazy || onlyArchives)
      take(member);
  for (bool changed = true; changed;) {
    changed = false;
    for (Member &member : members) {
      auto isNeeded = [&](const auto &name) {
        return needed.contains(name.first()) && !defined.contains(name.first());
      };
      if (member.taken || none_of(member.defined, isNeeded))
        continue;
      take(member);
      changed = true;
    }
  }
}

} // namespace

std::vector<uint8_t> frameBitcode(ArrayRef<uint8_t> bitcode) {
  std::vector<uint8_t> framed(kMagic.begin(), kMagic.end());
  framed.resize(kHeaderBytes);
  support::endian::write64le(framed.data() + kMagic.size(), bitcode.size());
  framed.insert(framed.end(), bitcode.begin(), bitcode.end());
  framed.resize(alignTo(framed.size(), kAlignment));
  return framed;
}

Error makeRegistrationUnique(StringRef path, StringRef unit) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false,
                                      /*IsVolatile=*/true);
  if (!buffer)
    return failure("cannot read '" + path + "': " + buffer.getError().message());
  auto object = object::ObjectFile::createELFObjectFile(**buffer);
  if (!object)
    return object.takeError();
  objcopy::ConfigManager config;
  std::vector<std::string> names; // keeps the new names alive
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (name->startswith(kRegistration) || name->startswith(kWrapper))
      names.push_back(name->str());
  }
  std::vector<std::string> renamed;
  for (const std::string &name : names)
    renamed.push_back(name + "_" + unit.str());
  for (size_t i = 0; i < names.size(); ++i)
    config.Common.SymbolsToRename[names[i]] = renamed[i];
  SmallVector<char, 0> result;
  raw_svector_ostream stream(result);
  if (Error error = objcopy::executeObjcopyOnBinary(config, **object, stream))
    return error;
  std::error_code error;
  raw_fd_ostream file(path, error);
  if (error)
    return failure("cannot write '" + path + "': " + error.message());
  file << stream.str();
  file.close();
  if (file.has_error()) {
    std::string message = file.error().message();
    file.clear_error();
    return failure("cannot write '" + path + "': " + message);
  }
  return Error::success();
}

Expected<RelocatableCode> collectRelocatableCode(const std::vector<std::string> &files) {
  std::vector<Member> members;
  for (const std::string &file : files) {
    auto buffer = MemoryBuffer::getFile(file, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!buffer)
      return failure("cannot read '" + file + "': " + buffer.getError().message());
    if ((*buffer)->getBuffer().startswith("!<arch>\n")) {
      if (Error error = readArchive(**buffer, file, members))
        return error;
      continue;
    }
    Expected<Member> member = readMember(**buffer, file);
    if (!member)
      return member.takeError();
    members.push_back(std::move(*member));
  }
  takeNeeded(members);

  RelocatableCode code;
  StringSet<> registered;
  for (const Member &member : members)
    for (const auto &name : member.defined)
      registered.insert(name.first());
  for (Member &member : members) {
    if (!member.taken || all_of(member.registrations,
                                [&](const std::string &name) { return registered.contains(name); }))
      continue;
    for (const std::string &name : member.registrations)
      if (registered.insert(name).second)
        code.registrations.push_back(name);
    std::move(member.bitcode.begin(), member.bitcode.end(), std::back_inserter(code.bitcode));
  }
  return code;
}

std::string registrationSource(const RelocatableCode &code, StringRef imageFile) {
  std::string source;
  raw_string_ostream stream(source);
  // The objects register one after the other in their constructors; the first one brings the image.
  // Each is followed by the end call, because how many take part is known to the linker alone.
  stream << R"(extern void **__cudaRegisterFatBinary(void *);
extern void __cudaRegisterFatBinaryEnd(void **);
extern void __cudaUnregisterFatBinary(void **);
extern int atexit(void (*)(void));
__asm__(".section .nv_fatbin,\"a\"\n.balign 16\nnpuLinkedImage:\n.incbin \")"
         << imageFile << R"(\"\n.previous\n");
extern const char npuLinkedImage[] __attribute__((visibility("hidden")));
static struct { int magic, version; const void *data; void *unused; } wrapper
    __attribute__((section(".nvFatBinSegment"))) = {0x466243b1, 1, npuLinkedImage, 0};
static void **handle;
static void unregister(void) { __cudaUnregisterFatBinary(handle); }
static void registerUnit(void (*registerGlobals)(void **)) {
  if (!handle) {
    handle = __cudaRegisterFatBinary(&wrapper);
    atexit(unregister);
  }
  registerGlobals(handle);
  __cudaRegisterFatBinaryEnd(handle);
}
)";
  for (const std::string &name : code.registrations)
    stream << "__attribute__((visibility(\"hidden\"))) void " << name
           << "(void (*registerGlobals)(void **), void *wrapper, void *id, void (*done)(void *)) "
              "{ registerUnit(registerGlobals); }\n";
  return stream.str();
}

} // namespace npu::driver
