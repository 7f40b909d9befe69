; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=run-blocks -pass=work-items -pass=kernel-abi -pass=spir-target -pass=outline-bodies %s | FileCheck %s
; A function that warps call: one call for all lanes, with vectors of what differs between them and a
; mask where not all lanes call. The OpenCL compiler does not see which function it is.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define internal { <32 x float>, <32 x i32> } @f.warp(
; CHECK-SAME: <32 x float> %{{.*}}, i64 %{{.*}}, <32 x i8>
; CHECK: fcmp {{.*}} <32 x float>
; CHECK: ret { <32 x float>, <32 x i32> }

; CHECK-LABEL: define internal spir_func void @k.body(
; CHECK: store volatile {{.*}}@f.warp
; CHECK: %[[F:.*]] = load volatile
; CHECK: sext <32 x i1> %{{.*}} to <32 x i8>
; CHECK: call { <32 x float>, <32 x i32> } %[[F]](<32 x float>
; The same number in all lanes: one call of the function itself.
; CHECK: call { float, i32 } %{{.*}}(float 2.000000e+00, i64 %
define internal { float, i32 } @f(float %x, i64 %n) "npu-scalar" "npu-warp" noinline readnone nounwind {
entry:
  %c = fcmp olt float %x, 1.0
  br i1 %c, label %early, label %late
early:
  %e = insertvalue { float, i32 } { float 0.0, i32 7 }, float %x, 0
  ret { float, i32 } %e
late:
  %y = fmul float %x, %x
  %i = trunc i64 %n to i32
  %a = insertvalue { float, i32 } undef, float %y, 0
  %b = insertvalue { float, i32 } %a, i32 %i, 1
  ret { float, i32 } %b
}
define void @k(float* %p, i64 %n) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %index = sext i32 %t to i64
  %at = getelementptr float, float* %p, i64 %index
  %x = load float, float* %at
  %r = call { float, i32 } @f(float %x, i64 %n)
  %y = extractvalue { float, i32 } %r, 0
  %m = extractvalue { float, i32 } %r, 1
  %z = sitofp i32 %m to float
  %s = fadd float %y, %z
  %same = call { float, i32 } @f(float 2.0, i64 %n)
  %w = extractvalue { float, i32 } %same, 0
  %sum = fadd float %s, %w
  store float %sum, float* %at
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0}
!0 = !{void (float*, i64)* @k, !"kernel", i32 1}
