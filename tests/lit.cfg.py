# The suite of everything that is tested on text: translation (tests/translate) and device passes
# (tests/device). A test is a .cu, .cpp, .ll or .test file with RUN lines; headers and data go into
# folders named Inputs. What depends on the build comes from <build>/tests/lit.site.cfg.py, which CMake
# writes; run straight on the source tree, the build is the folder that NPU_BUILD names, or build/.
import glob
import os

import lit.formats

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if not hasattr(config, "npu_build"):
    site = os.path.join(os.environ.get("NPU_BUILD", os.path.join(root, "build")), "tests", "lit.site.cfg.py")
    if not os.path.exists(site):
        lit_config.fatal("%s does not exist: configure the build first, or set NPU_BUILD to its folder" % site)
    lit_config.load_config(config, site)
else:
    config.name = "cu2npu"
    config.test_format = lit.formats.ShTest(execute_external=False)
    config.test_source_root = os.path.join(root, "tests")
    config.test_exec_root = os.path.join(config.npu_build, "tests", "lit")
    config.suffixes = [".cu", ".cpp", ".ll", ".test"]
    # GoogleTest sources may stand beside the texts that they check.
    config.excludes = ["Inputs"] + [
        os.path.basename(path)
        for path in glob.glob(os.path.join(root, "tests", "**", "*_test.cpp"), recursive=True)
    ]

    # cu2npu and npucc of this build first, then FileCheck, not, opt, llvm-dis ... of the LLVM in use.
    config.environment["PATH"] = os.pathsep.join(
        [os.path.join(config.npu_build, "bin"), config.llvm_tools, config.environment["PATH"]]
    )
    config.environment["POCL_CACHE_DIR"] = os.path.join(config.npu_build, "pocl-cache")
    for name, value in os.environ.items():
        if name.startswith(("NPU_", "ASAN_", "UBSAN_", "LSAN_", "TSAN_", "OCL_")):
            config.environment[name] = value

    config.substitutions += [
        ("%clangxx", os.path.join(config.llvm_tools, "clang++")),
        ("%clang", os.path.join(config.llvm_tools, "clang")),
        ("%cxx", config.cxx),
        ("%npu_include", os.path.join(root, "runtime", "include")),
        ("%npu_library", os.path.join(config.npu_build, "lib")),
        ("%npu_root", root),
    ]

    # REQUIRES: sanitizer-free, for what a sanitizer's runtime library gets in the way of.
    if not config.sanitize:
        config.available_features.add("sanitizer-free")
