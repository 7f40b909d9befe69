// Code by target, chosen by the preprocessor: NPU_IF_TARGET(condition, (code)[, (other code)]) and
// NPU_DISPATCH_TARGET(condition, (code), ...), the first whose condition holds. Device code is that
// of compute capability 8.0 (NPU_ARCH).
#ifndef NPU_TARGET_H
#define NPU_TARGET_H

#define NPU_TARGET_JOIN(a, b) NPU_TARGET_PASTE(a, b)
#define NPU_TARGET_PASTE(a, b) a##b
#define NPU_TARGET_STRIP(...) __VA_ARGS__

#define NPU_ANY_TARGET 1
#define NPU_NO_TARGET 0
#ifdef __CUDA_ARCH__
#define NPU_IS_HOST 0
#define NPU_IS_DEVICE 1
#else
#define NPU_IS_HOST 1
#define NPU_IS_DEVICE 0
#endif
#define NPU_PROVIDES_SM_35 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_37 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_50 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_52 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_53 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_60 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_61 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_62 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_70 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_72 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_75 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_80 NPU_IS_DEVICE
#define NPU_PROVIDES_SM_86 0
#define NPU_PROVIDES_SM_87 0
#define NPU_PROVIDES_SM_89 0
#define NPU_PROVIDES_SM_90 0
#define NPU_PROVIDES_SM_100 0
#define NPU_PROVIDES_SM_101 0
#define NPU_PROVIDES_SM_103 0
#define NPU_PROVIDES_SM_110 0
#define NPU_PROVIDES_SM_120 0
#define NPU_PROVIDES_SM_121 0
#define NPU_IS_EXACTLY_SM_35 0
#define NPU_IS_EXACTLY_SM_37 0
#define NPU_IS_EXACTLY_SM_50 0
#define NPU_IS_EXACTLY_SM_52 0
#define NPU_IS_EXACTLY_SM_53 0
#define NPU_IS_EXACTLY_SM_60 0
#define NPU_IS_EXACTLY_SM_61 0
#define NPU_IS_EXACTLY_SM_62 0
#define NPU_IS_EXACTLY_SM_70 0
#define NPU_IS_EXACTLY_SM_72 0
#define NPU_IS_EXACTLY_SM_75 0
#define NPU_IS_EXACTLY_SM_80 NPU_IS_DEVICE
#define NPU_IS_EXACTLY_SM_86 0
#define NPU_IS_EXACTLY_SM_87 0
#define NPU_IS_EXACTLY_SM_89 0
#define NPU_IS_EXACTLY_SM_90 0
#define NPU_IS_EXACTLY_SM_100 0
#define NPU_IS_EXACTLY_SM_101 0
#define NPU_IS_EXACTLY_SM_103 0
#define NPU_IS_EXACTLY_SM_110 0
#define NPU_IS_EXACTLY_SM_120 0
#define NPU_IS_EXACTLY_SM_121 0
#define NPU_HAS_FEATURE_SM_90a 0
#define NPU_HAS_FEATURE_SM_100a 0

#define NPU_TARGET_IF_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_IF_0(yes, ...)                                                                  \
  NPU_TARGET_JOIN(NPU_TARGET_ELSE_, NPU_TARGET_ANY(__VA_ARGS__))(__VA_ARGS__)
#define NPU_TARGET_ELSE_0()
#define NPU_TARGET_ELSE_1(no) NPU_TARGET_STRIP no
#define NPU_TARGET_ANY(...) NPU_TARGET_ANY_(0, ##__VA_ARGS__, 1, 0)
#define NPU_TARGET_ANY_(zero, no, any, ...) any

#define NPU_IF_TARGET(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_IF_, condition)(__VA_ARGS__)
#define NPU_IF_ELSE_TARGET(condition, yes, no) NPU_IF_TARGET(condition, yes, no)

#define NPU_DISPATCH_TARGET(...) NPU_TARGET_FIRST_A(__VA_ARGS__, NPU_NO_TARGET, ())
// One level per case, as macros do not call themselves.
#define NPU_TARGET_FIRST_A(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_A_, condition)(__VA_ARGS__)
#define NPU_TARGET_A_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_A_0(no, ...) NPU_TARGET_REST_A(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_A(...) NPU_TARGET_FIRST_B(__VA_ARGS__)
#define NPU_TARGET_FIRST_B(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_B_, condition)(__VA_ARGS__)
#define NPU_TARGET_B_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_B_0(no, ...) NPU_TARGET_REST_B(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_B(...) NPU_TARGET_FIRST_C(__VA_ARGS__)
#define NPU_TARGET_FIRST_C(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_C_, condition)(__VA_ARGS__)
#define NPU_TARGET_C_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_C_0(no, ...) NPU_TARGET_REST_C(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_C(...) NPU_TARGET_FIRST_D(__VA_ARGS__)
#define NPU_TARGET_FIRST_D(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_D_, condition)(__VA_ARGS__)
#define NPU_TARGET_D_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_D_0(no, ...) NPU_TARGET_REST_D(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_D(...) NPU_TARGET_FIRST_E(__VA_ARGS__)
#define NPU_TARGET_FIRST_E(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_E_, condition)(__VA_ARGS__)
#define NPU_TARGET_E_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_E_0(no, ...) NPU_TARGET_REST_E(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_E(...) NPU_TARGET_FIRST_F(__VA_ARGS__)
#define NPU_TARGET_FIRST_F(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_F_, condition)(__VA_ARGS__)
#define NPU_TARGET_F_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_F_0(no, ...) NPU_TARGET_REST_F(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_F(...) NPU_TARGET_FIRST_G(__VA_ARGS__)
#define NPU_TARGET_FIRST_G(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_G_, condition)(__VA_ARGS__)
#define NPU_TARGET_G_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_G_0(no, ...) NPU_TARGET_REST_G(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_G(...) NPU_TARGET_FIRST_H(__VA_ARGS__)
#define NPU_TARGET_FIRST_H(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_H_, condition)(__VA_ARGS__)
#define NPU_TARGET_H_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_H_0(no, ...) NPU_TARGET_REST_H(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_H(...) NPU_TARGET_FIRST_I(__VA_ARGS__)
#define NPU_TARGET_FIRST_I(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_I_, condition)(__VA_ARGS__)
#define NPU_TARGET_I_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_I_0(no, ...) NPU_TARGET_REST_I(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_I(...) NPU_TARGET_FIRST_J(__VA_ARGS__)
#define NPU_TARGET_FIRST_J(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_J_, condition)(__VA_ARGS__)
#define NPU_TARGET_J_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_J_0(no, ...) NPU_TARGET_REST_J(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_J(...) NPU_TARGET_FIRST_K(__VA_ARGS__)
#define NPU_TARGET_FIRST_K(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_K_, condition)(__VA_ARGS__)
#define NPU_TARGET_K_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_K_0(no, ...) NPU_TARGET_REST_K(__VA_ARGS__, NPU_ANY_TARGET, ())
#define NPU_TARGET_REST_K(...) NPU_TARGET_FIRST_L(__VA_ARGS__)
#define NPU_TARGET_FIRST_L(condition, ...) NPU_TARGET_JOIN(NPU_TARGET_L_, condition)(__VA_ARGS__)
#define NPU_TARGET_L_1(yes, ...) NPU_TARGET_STRIP yes
#define NPU_TARGET_L_0(...)

#endif
