// libcuda.so.1: the driver API under CUDA's names, for programs that open the driver's library and
// look its functions up. Each name is a jump to libnpurt's function; npucc's programs find the
// library in a folder of its own, so that it never stands for an NVIDIA driver's. Weak, because
// older_names.c has some names with the parameters that they had first.
#if defined(__x86_64__)
#define NPU_JUMP(symbol) "jmp " symbol "@PLT"
#elif defined(__aarch64__)
#define NPU_JUMP(symbol) "b " symbol
#else
#error "how this processor jumps is not known here"
#endif

#define NAME(cuda, symbol)                                                                         \
  __asm__(".pushsection .text\n.p2align 4\n.weak " #cuda "\n.type " #cuda                          \
          ", %function\n" #cuda ": " NPU_JUMP(#symbol) "\n.popsection\n");
#define GROUP(title)
#define API(cuda, neutral, parameters, status) NAME(cuda, neutral)
#define GAP(cuda, reason) NAME(cuda, npuGap_##cuda)
#include "npu/api/driver.def"
