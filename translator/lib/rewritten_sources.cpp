// See rewritten_sources.h.
#include "rewritten_sources.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace npu;

bool RewrittenSources::isFile(clang::FileID file, const clang::SourceManager &sources) {
  return sources.getFileEntryForID(file) != nullptr;
}

RewrittenSources::Noted &RewrittenSources::notes(clang::FileID file,
                                                 const clang::SourceManager &sources) {
  llvm::SmallString<256> path(sources.getFileEntryForID(file)->getName());
  (void)llvm::sys::fs::make_absolute(path);
  Noted &changed = noted[path.str().str()];
  if (changed.changes.empty())
    changed.text = sources.getBufferData(file).str();
  return changed;
}

void RewrittenSources::replace(clang::FileID file, const clang::SourceManager &sources,
                               unsigned offset, unsigned length, std::string text) {
  notes(file, sources).changes[offset] = {length, std::move(text)};
}

void RewrittenSources::add(clang::FileID file, const clang::SourceManager &sources, unsigned offset,
                           const std::string &text) {
  std::string &added = notes(file, sources).changes[offset].second;
  if (added.find(text) == std::string::npos)
    added += text;
}

bool RewrittenSources::rewrite() {
  const bool any = !noted.empty();
  for (auto &[path, changed] : noted) {
    for (auto at = changed.changes.rbegin(); at != changed.changes.rend(); ++at)
      changed.text.replace(at->first, at->second.first, at->second.second);
    written[path] = std::move(changed.text);
  }
  noted.clear();
  return any;
}

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>
RewrittenSources::over(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> base) const {
  if (written.empty())
    return base;
  auto files = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  llvm::SmallString<256> folder;
  if (!llvm::sys::fs::current_path(folder))
    (void)files->setCurrentWorkingDirectory(folder);
  for (const auto &[path, text] : written)
    files->addFile(path, 0, llvm::MemoryBuffer::getMemBufferCopy(text, path));
  auto whole = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(std::move(base));
  whole->pushOverlay(std::move(files));
  return whole;
}

llvm::Error RewrittenSources::writeOverlay(const std::string &overlay) const {
  if (written.empty())
    return llvm::Error::success();
  llvm::json::Array files;
  for (const auto &[path, text] : written) {
    const std::string name = overlay + "." + std::to_string(files.size());
    if (llvm::Error error = llvm::writeFileAtomically(name + "-%%%%%%", name, text))
      return error;
    files.push_back(
        llvm::json::Object{{"type", "file"}, {"name", path}, {"external-contents", name}});
  }
  // JSON is YAML. The compiler is to name the user's files.
  llvm::json::Value whole = llvm::json::Object{
      {"version", 0}, {"use-external-names", false}, {"roots", std::move(files)}};
  std::string text;
  llvm::raw_string_ostream(text) << whole;
  return llvm::writeFileAtomically(overlay + "-%%%%%%", overlay, text);
}
