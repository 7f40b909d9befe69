; RUN: npu-opt -pass=check-barriers %s | FileCheck %s
; Uniform conditions may guard a barrier: block indices, parameters, reads through uniform addresses.
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @uniform
define void @uniform(i32* %limit, i32 %n) {
entry:
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %end = load i32, i32* %limit
  %first = icmp slt i32 %block, %n
  br i1 %first, label %loop, label %done
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  call void @llvm.nvvm.barrier0()
  %next = add i32 %i, 1
  %more = icmp slt i32 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret void
}

; CHECK-LABEL: define void @after_join
define void @after_join(i32* %out, i32 %n) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %guard = icmp slt i32 %t, %n
  br i1 %guard, label %then, label %join
then:
  store i32 %t, i32* %out
  br label %join
join:
  call void @llvm.nvvm.barrier0()
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0, !1}
!0 = !{void (i32*, i32)* @uniform, !"kernel", i32 1}
!1 = !{void (i32*, i32)* @after_join, !"kernel", i32 1}
