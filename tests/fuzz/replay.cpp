// Runs a target once on each file, without libFuzzer: folders are the corpus of a target.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int main(int count, char **arguments) {
  size_t files = 0;
  for (int i = 1; i < count; ++i)
    for (const auto &each : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!each.is_regular_file())
        continue;
      std::ifstream in(each.path(), std::ios::binary);
      std::string bytes{std::istreambuf_iterator<char>(in), {}};
      std::cerr << each.path().string() << "\n"; // the last line names what ended the run
      LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size());
      ++files;
    }
  std::cout << files << " inputs\n";
  return files == 0;
}
