; A kernel that calls a function which nothing defines: it must be refused when it is built.
target datalayout = "e-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-v512:512-v1024:1024"
target triple = "spir64-unknown-unknown"

%onePointer = type { i64 }

declare spir_func void @definedNowhere(i64)

define spir_kernel void @callsUndefined(%onePointer* byval(%onePointer) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  call spir_func void @definedNowhere(i64 1)
  ret void
}

!opencl.ocl.version = !{!0}
!opencl.spir.version = !{!0}
!0 = !{i32 1, i32 2}
!1 = !{i32 0, i32 3}
!2 = !{!"none", !"none"}
!3 = !{!"arguments", !"char*"}
!4 = !{!"", !""}
