; RUN: not npu-opt -warps=0 -pass=refuse-unsupported %s 2>&1 | FileCheck %s
; What has no lowering is an error that names the place, the reason and a remedy.
target triple = "nvptx64-nvidia-cuda"

; CHECK: kernels.cu:12:7: error: in 'k': a warp shuffle is not supported on this device; threads run one by one here and have no warp; exchange the value through __shared__ memory [npu-warp]
; CHECK: error: in 'k': inline PTX "bfind.u32 $0, $1;"; write it in C++ [npu-inline-asm]
; CHECK: error: in 'k': a call through a pointer; {{.*}} [npu-indirect-call]
; CHECK: error: in 'k': 'missing(int)' is not defined in device code; {{.*}} [npu-undefined]
; CHECK: error: in 'k': a surface read is not supported on this device; {{.*}} [npu-texture]
; CHECK: error: in 'k': printf's %n is not supported on this device; leave it out [npu-printf-format]
; CHECK-NOT: error
define void @k(void ()* %callee, i32* %out) !dbg !5 {
  %s = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 -1, i32 1, i32 0, i32 31), !dbg !8
  %a = call i32 asm "bfind.u32 $0, $1;", "=r,r"(i32 %s)
  call void asm sideeffect "", "~{memory}"()
  call void %callee()
  call void @_Z7missingi(i32 %a)
  %w = call i32 @llvm.nvvm.suld.1d.i32.trap(i64 0, i32 0)
  %n = call i32 @__npu_scalar_print(i8* null, i8* getelementptr ([10 x i8], [10 x i8]* @counts, i64 0, i64 0), i8* null, i32 0)
  %f = call i32 @__npu_scalar_print(i8* null, i8* getelementptr ([8 x i8], [8 x i8]* @fine, i64 0, i64 0), i8* null, i32 0)
  ret void
}
@counts = private constant [10 x i8] c"%5d x%hn\0A\00"
@fine = private constant [8 x i8] c"%%n %d\0A\00"
define linkonce_odr i32 @__npu_scalar_print(i8* %m, i8* %f, i8* %a, i32 %e) {
  ret i32 0
}
declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32)
declare void @_Z7missingi(i32)
declare i32 @llvm.nvvm.suld.1d.i32.trap(i64, i32)
!nvvm.annotations = !{!0}
!llvm.dbg.cu = !{!1}
!llvm.module.flags = !{!3}
!0 = !{void (void ()*, i32*)* @k, !"kernel", i32 1}
!1 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus, file: !2, emissionKind: LineTablesOnly)
!2 = !DIFile(filename: "kernels.cu", directory: "/")
!3 = !{i32 2, !"Debug Info Version", i32 3}
!5 = distinct !DISubprogram(name: "k", scope: !2, file: !2, line: 10, type: !6, unit: !1, spFlags: DISPFlagDefinition)
!6 = !DISubroutineType(types: !7)
!7 = !{}
!8 = !DILocation(line: 12, column: 7, scope: !5)
