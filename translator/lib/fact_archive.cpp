// See fact_archive.h. Each struct lists its members once, for both directions. The bytes never
// leave the machine, and only the same program reads them, so they carry no version.
#include "fact_archive.h"

#include <cstring>
#include <type_traits>

using namespace npu;

namespace {

class Writer {
public:
  static constexpr bool kReads = false;
  explicit Writer(std::string &bytes) : bytes(bytes) {}
  void raw(void *data, size_t size) { bytes.append(static_cast<const char *>(data), size); }
  bool ok() const { return true; }

private:
  std::string &bytes;
};

class Reader {
public:
  static constexpr bool kReads = true;
  explicit Reader(llvm::StringRef bytes) : rest(bytes) {}
  void raw(void *data, size_t size) {
    whole = whole && size <= rest.size();
    if (!whole || size == 0)
      return;
    std::memcpy(data, rest.data(), size);
    rest = rest.drop_front(size);
  }
  bool ok() const { return whole; }
  size_t left() const { return rest.size(); }

private:
  llvm::StringRef rest;
  bool whole = true;
};

template <typename A, typename T,
          std::enable_if_t<std::is_arithmetic_v<T> || std::is_enum_v<T>, int> = 0>
void transfer(A &archive, T &value) {
  archive.raw(&value, sizeof(value));
}

template <typename A> size_t transferSize(A &archive, size_t size) {
  transfer(archive, size);
  if constexpr (A::kReads)
    return archive.ok() && size <= archive.left() ? size : 0;
  return size;
}

template <typename A> void transfer(A &archive, std::string &text) {
  text.resize(transferSize(archive, text.size()));
  archive.raw(text.data(), text.size());
}

template <typename A, typename K, typename V> void transfer(A &archive, std::pair<K, V> &pair);
template <typename A, typename T> void transfer(A &archive, std::vector<T> &values);
template <typename A, typename T> void transfer(A &archive, std::set<T> &values);
template <typename A, typename K, typename V> void transfer(A &archive, std::map<K, V> &values);

template <typename A, typename K, typename V> void transfer(A &archive, std::pair<K, V> &pair) {
  transfer(archive, pair.first);
  transfer(archive, pair.second);
}
template <typename A> void transfer(A &archive, NameEvidence &evidence) {
  transfer(archive, evidence.compat);
  transfer(archive, evidence.user);
  transfer(archive, evidence.system);
}
template <typename A> void transfer(A &archive, IncludeFact &fact) {
  transfer(archive, fact.kind);
  transfer(archive, fact.spelled);
  transfer(archive, fact.resolved);
  transfer(archive, fact.angled);
  transfer(archive, fact.computed);
  transfer(archive, fact.nameBegin);
  transfer(archive, fact.nameEnd);
}
template <typename A> void transfer(A &archive, LaunchFact &fact) {
  transfer(archive, fact.templateArguments);
  transfer(archive, fact.overloadCast);
  transfer(archive, fact.defaultArguments);
  transfer(archive, fact.byTheCompiler);
}
template <typename A> void transfer(A &archive, KernelFact &fact) {
  transfer(archive, fact.name);
  transfer(archive, fact.tensorShape);
}
template <typename A> void transfer(A &archive, FileFacts &file) {
  transfer(archive, file.contents);
  transfer(archive, file.skippedPerEntry);
  transfer(archive, file.names);
  transfer(archive, file.includes);
  transfer(archive, file.launches);
  transfer(archive, file.childLaunches);
  transfer(archive, file.kernels);
  transfer(archive, file.rivalNames);
}
template <typename A> void transfer(A &archive, ProgramFacts &facts) {
  transfer(archive, facts.files);
  transfer(archive, facts.compatNames);
  transfer(archive, facts.userNames);
  transfer(archive, facts.unknownNames);
  transfer(archive, facts.parseErrors);
  transfer(archive, facts.pastedNames);
}
template <typename A> void transfer(A &archive, FileState &state) {
  transfer(archive, state.exists);
  transfer(archive, state.isFolder);
  transfer(archive, state.bytes);
  transfer(archive, state.modified);
}
template <typename A> void transfer(A &archive, UnitFacts &unit) {
  transfer(archive, unit.facts);
  transfer(archive, unit.failed);
  transfer(archive, unit.messages);
  transfer(archive, unit.lookedAt);
}

template <typename A, typename T> void transfer(A &archive, std::vector<T> &values) {
  values.resize(transferSize(archive, values.size()));
  for (T &value : values)
    transfer(archive, value);
}

template <typename A, typename T> void transfer(A &archive, std::set<T> &values) {
  size_t count = transferSize(archive, values.size());
  if constexpr (A::kReads) {
    for (size_t i = 0; i < count && archive.ok(); ++i) {
      T value{};
      transfer(archive, value);
      values.insert(values.end(), std::move(value));
    }
  } else {
    for (T value : values)
      transfer(archive, value);
  }
}

template <typename A, typename K, typename V> void transfer(A &archive, std::map<K, V> &values) {
  size_t count = transferSize(archive, values.size());
  if constexpr (A::kReads) {
    for (size_t i = 0; i < count && archive.ok(); ++i) {
      K key{};
      transfer(archive, key);
      transfer(archive, values[std::move(key)]);
    }
  } else {
    for (auto &[each, value] : values) {
      K key = each;
      transfer(archive, key);
      transfer(archive, value);
    }
  }
}

} // namespace

std::string npu::toBytes(UnitFacts &unit) {
  std::string bytes;
  Writer writer(bytes);
  transfer(writer, unit);
  return bytes;
}

bool npu::fromBytes(llvm::StringRef bytes, UnitFacts &unit) {
  Reader reader(bytes);
  transfer(reader, unit);
  return reader.ok() && reader.left() == 0;
}
