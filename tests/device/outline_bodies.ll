; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=run-blocks -pass=work-items -pass=kernel-abi -pass=spir-target -pass=outline-bodies %s | FileCheck %s
; A kernel in warp form is one call of a function that is not known to be one; what asks for the
; work-item stays in the kernel.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define {{.*}}@block(
; CHECK: %[[GROUP:.*]] = call spir_func i64 @_Z12get_group_idj(i32 0)
; CHECK: store volatile void {{.*}}@block.body
; CHECK: %[[BODY:.*]] = load volatile
; A fault in the body goes on behind the call.
; CHECK: store volatile i64 {{[0-9]+}}
; CHECK: %[[FAULT:.*]] = call i32 @llvm.eh.sjlj.setjmp(
; CHECK-NEXT: %[[NONE:.*]] = icmp eq i32 %[[FAULT]], 0
; CHECK-NEXT: br i1 %[[NONE]], label %run, label %done
; CHECK: call spir_func void %[[BODY]]({{.*}}i64 %[[GROUP]]
; CHECK-NEXT: br label %done
; CHECK: store volatile i64 0
; CHECK: ret void
; CHECK-LABEL: define internal spir_func void @block.body(
; CHECK-NOT: get_group_id
; CHECK: }
define void @block(i32* %p) {
  %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  store i32 %b, i32* %p
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
!nvvm.annotations = !{!0}
!0 = !{void (i32*)* @block, !"kernel", i32 1}
