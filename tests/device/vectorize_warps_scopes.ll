; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Scopes of __restrict__ are those of one call by one thread: nothing of them is left.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @copy(
; CHECK: load float, float* %from
; CHECK: store float
; CHECK-NOT: !alias.scope
; CHECK-NOT: !noalias
define void @copy(float* %to, float* %from) {
  call void @llvm.experimental.noalias.scope.decl(metadata !3)
  %v = load float, float* %from, !alias.scope !3
  store float %v, float* %to, !noalias !3
  ret void
}

declare void @llvm.experimental.noalias.scope.decl(metadata)
!nvvm.annotations = !{!0}
!0 = !{void (float*, float*)* @copy, !"kernel", i32 1}
!1 = distinct !{!1}
!2 = distinct !{!2, !1}
!3 = !{!2}
