; RUN: npu-opt -pass=structure-control-flow %s | FileCheck %s
; Switches and loops with several exits become skipped regions and loops with one exit at the latch.
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @k
; CHECK-NOT: switch
; CHECK: br i1 %{{.*}}, label %loop.exit.guard, label %loop
; CHECK-NOT: label %loop{{$}}
define void @k(i32* %p, i32 %n) {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %continue ]
  %at = getelementptr i32, i32* %p, i32 %i
  %v = load i32, i32* %at
  switch i32 %v, label %continue [ i32 7, label %found
                                   i32 9, label %other ]
other:
  store i32 1, i32* %at
  br label %continue
continue:
  %next = add i32 %i, 1
  %more = icmp slt i32 %next, %n
  br i1 %more, label %loop, label %done
found:
  store i32 0, i32* %at
  br label %done
done:
  ret void
}

; The part of a struct moves to where the struct is made, also when that stands further down.
; CHECK-LABEL: define void @parts
; CHECK: %pair = call
; CHECK-NEXT: extractvalue
define void @parts(i32* %p, i32 %n) {
entry:
  br label %make
use:
  %sum = extractvalue { i32, i1 } %pair, 0
  store i32 %sum, i32* %p
  ret void
make:
  %pair = call { i32, i1 } @llvm.sadd.with.overflow.i32(i32 %n, i32 7)
  br label %use
}
declare { i32, i1 } @llvm.sadd.with.overflow.i32(i32, i32)
!nvvm.annotations = !{!0, !1}
!0 = !{void (i32*, i32)* @k, !"kernel", i32 1}
!1 = !{void (i32*, i32)* @parts, !"kernel", i32 1}
