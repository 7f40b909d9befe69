// See fact_places.h.
#include "fact_places.h"

#include "clang/Basic/FileManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace npu;

std::string npu::realPathOf(const clang::FileEntry &file) {
  llvm::SmallString<256> path;
  if (!llvm::sys::fs::real_path(file.getName(), path))
    return path.str().str();
  return file.tryGetRealPathName().str();
}

clang::FileID FactPlaces::spellingFile(clang::SourceLocation location) const {
  return sources.getFileID(sources.getSpellingLoc(location));
}

bool FactPlaces::isOurs(clang::FileID file) {
  auto [found, isNew] = ours.try_emplace(file, false);
  if (isNew) {
    const clang::FileEntry *entry = sources.getFileEntryForID(file);
    found->second = entry && llvm::StringRef(realPathOf(*entry)).startswith(ourFolder);
  }
  return found->second;
}

// As it is on disk: Clang may have been given an accepted spelling of it (source_spellings.h).
std::string FactPlaces::writtenText(clang::FileID file, const clang::FileEntry &entry) {
  if (sources.isFileOverridden(&entry))
    if (auto buffer = sources.getFileManager().getBufferForFile(&entry))
      return (*buffer)->getBuffer().str();
  return sources.getBufferData(file).str();
}

FileFacts *FactPlaces::userFile(clang::FileID file, std::string &path) {
  if (file.isInvalid())
    return nullptr;
  auto [found, isNew] = known.try_emplace(file);
  if (isNew) {
    const clang::FileEntry *entry = sources.getFileEntryForID(file);
    bool system =
        clang::SrcMgr::isSystem(sources.getFileCharacteristic(sources.getLocForStartOfFile(file)));
    if (entry && !system && !isOurs(file)) {
      found->second.path = realPathOf(*entry);
      found->second.facts = &facts.files[found->second.path];
      if (found->second.facts->contents.empty())
        found->second.facts->contents = writtenText(file, *entry);
    }
  }
  path = found->second.path;
  return found->second.facts;
}

FileFacts *FactPlaces::userFile(clang::FileID file) {
  std::string path;
  return userFile(file, path);
}

FactPlaces::Place FactPlaces::place(clang::SourceLocation location) {
  Place result;
  if (location.isInvalid())
    return result;
  auto [file, offset] = sources.getDecomposedLoc(sources.getSpellingLoc(location));
  result.file = userFile(file, result.path);
  result.offset = offset;
  return result;
}

llvm::Optional<FactPlaces::Key> FactPlaces::usersPlace(clang::SourceLocation location) {
  while (location.isValid()) {
    clang::SourceLocation written = sources.getExpansionLoc(location);
    if (Place at = place(written); at.file)
      return Key{at.path, at.offset};
    location = sources.getIncludeLoc(sources.getFileID(written));
  }
  return llvm::None;
}

bool FactPlaces::noteError(clang::SourceLocation location, const std::string &message) {
  llvm::Optional<Key> key = usersPlace(location);
  if (key && missingHeader)
    ++behindMissingHeader;
  else if (key)
    facts.parseErrors.try_emplace(*key, message);
  return key.hasValue();
}

bool FactPlaces::noteMissingHeader(clang::SourceLocation location, const std::string &message) {
  llvm::Optional<Key> key = usersPlace(location);
  if (!key)
    return false;
  if (!message.empty())
    facts.parseErrors.try_emplace(*key, message);
  if (!missingHeader)
    missingHeader = key;
  return true;
}

void FactPlaces::reportMissingHeader() {
  if (!behindMissingHeader)
    return;
  std::string &message = facts.parseErrors[*missingHeader];
  message += (message.empty() ? "" : ", and ") + std::to_string(behindMissingHeader) +
             (behindMissingHeader == 1 ? " place" : " places") +
             " behind this include, perhaps for want of it";
}

void FactPlaces::noteUser(clang::SourceLocation location) {
  if (Place at = place(location); at.file)
    at.file->names[at.offset].user = true;
}

void FactPlaces::noteSystem(clang::SourceLocation location) {
  if (Place at = place(location); at.file)
    at.file->names[at.offset].system = true;
}

void FactPlaces::noteCompat(clang::SourceLocation location) {
  if (Place at = place(location); at.file)
    at.file->names[at.offset].compat = true;
  else if (location.isValid() && sources.isWrittenInScratchSpace(sources.getSpellingLoc(location)))
    notePasted(location);
}

void FactPlaces::notePasted(clang::SourceLocation location) {
  Place use = place(sources.getExpansionLoc(location));
  if (use.file)
    facts.pastedNames[{use.path, use.offset}] =
        clang::Lexer::getSpelling(sources.getSpellingLoc(location), spellingBuffer, sources,
                                  clang::LangOptions())
            .str();
}
