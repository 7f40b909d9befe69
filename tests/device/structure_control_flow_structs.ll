; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Parts of structs that pass through phis: only numbers are left in phis.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-NOT: phi {
; CHECK-LABEL: define void @exchange.rows(
; CHECK-NOT: phi {
define void @exchange(i32* %p, i32 %n) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i32, i32* %p, i32 %t
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %more ]
  %before = phi { i32, i1 } [ zeroinitializer, %entry ], [ %pair, %more ]
  %pair = cmpxchg i32* %at, i32 1, i32 2 monotonic monotonic
  %stop = icmp eq i32 %i, %t
  br i1 %stop, label %done, label %more
more:
  %next = add i32 %i, 1
  %again = icmp ult i32 %next, %n
  br i1 %again, label %loop, label %done
done:
  %last = phi { i32, i1 } [ %pair, %loop ], [ %before, %more ]
  %old = extractvalue { i32, i1 } %last, 0
  store i32 %old, i32* %at
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0}
!0 = !{void (i32*, i32)* @exchange, !"kernel", i32 1}
