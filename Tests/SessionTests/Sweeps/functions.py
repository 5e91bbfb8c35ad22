# Writes functions.json: functions of the language, with their options, beside PyTorch's numbers and gradients.
# python3 functions.py, with torch 2.13.
import json
import torch
import torch.nn as nn
import torch.nn.functional as F


def arr(shape, lo=-1.4, hi=1.7, seed=1):
    g = torch.Generator().manual_seed(seed)
    return ((torch.rand(shape, generator=g, dtype=torch.float64) * (hi - lo) + lo) * 1e5).round() / 1e5


def lit(t):
    if t.dim() == 0:
        return f"{t.item():.6g}"
    return "[" + ", ".join(lit(x) for x in t) + "]" if t.numel() > 0 else "[]"


C = []


def case(nn, th, x=None, grad=True, **kw):
    C.append((nn, th, dict(x=x, **kw) if x is not None else kw, grad))


A = arr((2, 3))
B = arr((2, 3), seed=2)
V = arr((4,))
P = arr((2, 3), 0.2, 1.6, 3)
U = arr((2, 3), -0.9, 0.9, 4)
T3 = arr((2, 3, 4), seed=5)
IMG = arr((2, 3, 5, 4), seed=6)
for f in (
    "tan",
    "sinh",
    "cosh",
    "atan",
    "asinh",
    "ceil",
    "trunc",
    "frac",
    "exp2",
    "relu6",
    "selu",
    "celu",
    "mish",
    "softsign",
    "hardtanh",
    "hardsigmoid",
    "hardswish",
    "tanhshrink",
    "softshrink",
    "hardshrink",
    "isnan",
    "isinf",
    "isfinite",
):
    th = {
        "relu6": "F.relu6(x)",
        "selu": "F.selu(x)",
        "celu": "F.celu(x)",
        "mish": "F.mish(x)",
        "softsign": "F.softsign(x)",
        "hardtanh": "F.hardtanh(x)",
        "hardsigmoid": "F.hardsigmoid(x)",
        "hardswish": "F.hardswish(x)",
        "tanhshrink": "F.tanhshrink(x)",
        "softshrink": "F.softshrink(x)",
        "hardshrink": "F.hardshrink(x)",
    }.get(f, f"torch.{f}(x)")
    case(f"{f}(x)", th, A * 3, grad=not f.startswith("is"))
for f in ("log2", "log10", "reciprocal"):
    case(f"{f}(x)", f"torch.{f}(x)", P)
for f in ("asin", "acos", "atanh", "erfinv"):
    case(f"{f}(x)", f"torch.{f}(x)", U)
case("acosh(x)", "torch.acosh(x)", P + 1)
case("celu(x, alpha=2)", "F.celu(x, alpha=2)", A)
case("hardtanh(x, -0.5, 1.5)", "F.hardtanh(x,-0.5,1.5)", A * 2)
case("softshrink(x, 0.3)", "F.softshrink(x,0.3)", A)
case("hardshrink(x, lambd=0.3)", "F.hardshrink(x,lambd=0.3)", A)
for f in ("atan2", "fmod", "hypot", "logaddexp", "xlogy", "copysign"):
    y = P if f in ("xlogy",) else B
    case(f"{f}(x, y)", f"torch.{f}(x, y)", A, y=y)
    case(f"{f}(x, y)", f"torch.{f}(x, y)", A, y=y[0])
case("lerp(x, y, 0.3)", "torch.lerp(x,y,0.3)", A, y=B)
case("lerp(x, y, w)", "torch.lerp(x,y,w)", A, y=B, w=P)
case("roll(x, 1)", "torch.roll(x,1)", A)
case("roll(x, 2, 1)", "torch.roll(x,2,1)", A)
case("roll(x, [1, -1], [0, 1])", "torch.roll(x,(1,-1),(0,1))", A)
case("x.roll(-1, dims=0)", "x.roll(-1,dims=0)", T3)
case("x.repeat(2, 3)", "x.repeat(2,3)", A)
case("x.repeat(2, 1, 3)", "x.repeat(2,1,3)", A)
case("x.repeat(3)", "x.repeat(3)", V)
case("tile(x, 2)", "torch.tile(x,(2,))", A)
case("tile(x, 2, 1, 2)", "torch.tile(x,(2,1,2))", A)
case("repeat_interleave(x, 2)", "torch.repeat_interleave(x,2)", A)
case("repeat_interleave(x, 2, dim=1)", "torch.repeat_interleave(x,2,dim=1)", A)
case("x.repeat_interleave([1, 3], dim=0)", "x.repeat_interleave(torch.tensor([1,3]),dim=0)", A)
case("flip(x, 0)", "torch.flip(x,(0,))", A)
case("flip(x, [0, -1])", "torch.flip(x,(0,-1))", T3)
case("pad(x, [1, 2])", "F.pad(x,(1,2))", A)
case("pad(x, [1, 0, 0, 2], value=3)", "F.pad(x,(1,0,0,2),value=3)", A)
case('pad(x, [1, 2, 2, 1], mode="reflect")', 'F.pad(x,(1,2,2,1),mode="reflect")', IMG)
case('pad(x, [1, 2, 2, 1], mode="replicate")', 'F.pad(x,(1,2,2,1),mode="replicate")', IMG)
case('pad(x, [1, 2, 2, 1], mode="circular")', 'F.pad(x,(1,2,2,1),mode="circular")', IMG)
case("pad(x, [-1, 1])", "F.pad(x,(-1,1))", A)
case("diagonal(x)", "torch.diagonal(x)", A)
case("diagonal(x, 1)", "torch.diagonal(x,1)", A)
case("diagonal(x, -1, 1, 2)", "torch.diagonal(x,-1,1,2)", T3)
case("diagonal(x, 0, 0, 2)", "torch.diagonal(x,0,0,2)", T3)
case("diag(x)", "torch.diag(x)", V)
case("diag(x, -1)", "torch.diag(x,-1)", V)
case("diag(x, 1)", "torch.diag(x,1)", A)
case("trace(x)", "torch.trace(x)", A)
case("narrow(x, 1, 1, 2)", "torch.narrow(x,1,1,2)", A)
case("x.scatter(1, [[2, 0], [1, 2]], y)", "x.scatter(1,torch.tensor([[2,0],[1,2]]),y)", A, y=B[:, :2])
case("x.scatter(0, [[1, 0, 1]], 7)", "x.scatter(0,torch.tensor([[1,0,1]]),7.)", A)
case("index_add(x, 0, [1, 1], y)", "torch.index_add(x,0,torch.tensor([1,1]),y)", A, y=B)
case("x.index_add(1, [2, 0], y, alpha=2)", "x.index_add(1,torch.tensor([2,0]),y,alpha=2)", A, y=B[:, :2])
case("masked_select(x, x > 0)", "torch.masked_select(x,x>0)", A)
case("topk(x, 2).values", "torch.topk(x,2).values", A)
case("topk(x, 1, dim=0, largest=false).values", "torch.topk(x,1,dim=0,largest=False).values", A)
case("topk(x, 2).indices", "torch.topk(x,2).indices", A, grad=False)
case("unique(round(x))", "torch.unique(torch.round(x))", A, grad=False)
case(
    "unique(round(x), return_counts=true)[1]",
    "torch.unique(torch.round(x),return_counts=True)[1]",
    A,
    grad=False,
)
case(
    "unique(round(x), return_inverse=true)[1]",
    "torch.unique(torch.round(x),return_inverse=True)[1]",
    A,
    grad=False,
)
case("nonzero(round(x))", "torch.nonzero(torch.round(x))", A, grad=False)
case("count_nonzero(round(x))", "torch.count_nonzero(torch.round(x))", A, grad=False)
case("count_nonzero(round(x), dim=0)", "torch.count_nonzero(torch.round(x),dim=0)", A, grad=False)
for f in ("cumprod", "logcumsumexp"):
    for d in (0, 1):
        case(f"{f}(x, {d})", f"torch.{f}(x,{d})", A)
    case(f"{f}(x, -1)", f"torch.{f}(x,-1)", T3)
Z = A.clone()
Z[0, 1] = 0
case("cumprod(x, 1)", "torch.cumprod(x,1)", Z)
for f in ("cummax", "cummin"):
    for d in (0, 1, 2):
        case(f"{f}(x, {d}).values", f"torch.{f}(x,{d}).values", T3)
        case(f"{f}(x, {d}).indices", f"torch.{f}(x,{d}).indices", T3, grad=False)
R = torch.round(T3)
case("cummax(x, 2).indices", "torch.cummax(x,2).indices", R, grad=False)
for i in (0, 1):
    case(f"std_mean(x)[{i}]", f"torch.std_mean(x)[{i}]", A)
    case(f"std_mean(x, dim=1, keepdim=true)[{i}]", f"torch.std_mean(x,dim=1,keepdim=True)[{i}]", A)
    case(f"var_mean(x, 1, correction=0)[{i}]", f"torch.var_mean(x,1,correction=0)[{i}]", A)
case("normalize(x)", "F.normalize(x)", A)
case("normalize(x, p=1, dim=0)", "F.normalize(x,p=1,dim=0)", A)
case("cosine_similarity(x, y)", "F.cosine_similarity(x,y)", A, y=B)
case("cosine_similarity(x, y, dim=0)", "F.cosine_similarity(x,y,dim=0)", A, y=B)
case("isclose(x, y)", "torch.isclose(x,y)", A, grad=False, y=A + 1e-5)
case("isclose(x, y, atol=1e-6, rtol=0)", "torch.isclose(x,y,atol=1e-9,rtol=0)", A, grad=False, y=A + 1e-5)
for f in ("and", "or", "xor"):
    case(f"logical_{f}(x > 0, y > 0)", f"torch.logical_{f}(x>0,y>0)", A, grad=False, y=B)
    case(
        f"bitwise_{f}(round(x*9).long(), round(y*9).long())",
        f"torch.bitwise_{f}((x*9).round().long(),(y*9).round().long())",
        A,
        grad=False,
        y=B,
    )
case("logical_not(round(x))", "torch.logical_not(torch.round(x))", A, grad=False)
case("bitwise_not(round(x*9).long())", "torch.bitwise_not((x*9).round().long())", A, grad=False)
case("bitwise_not(x > 0)", "torch.bitwise_not(x>0)", A, grad=False)
M1 = arr((2, 3, 4), seed=7)
M2 = arr((2, 4, 5), seed=8)
for eq, ts in (
    ("ij,jk->ik", (A, arr((3, 4), seed=9))),
    ("bij,bjk->bik", (M1, M2)),
    ("bij,bjk->bk", (M1, M2)),
    ("ij->ji", (A,)),
    ("ij->", (A,)),
    ("ii->i", (arr((3, 3)),)),
    ("ii", (arr((3, 3)),)),
    ("i,j->ij", (V, A[0])),
    ("ij,ij->ij", (A, B)),
    ("ij,ij->i", (A, B)),
    ("...ij,...jk->...ik", (M1, M2)),
    ("bhqd,bhkd->bhqk", (arr((2, 2, 3, 4)), arr((2, 2, 5, 4), seed=3))),
    ("i,ij,j->", (A[:, 0], A, B[0])),
    ("ij,jk", (A, arr((3, 4), seed=9))),
    ("iij->ij", (arr((2, 2, 3)),)),
    ("abc,cd,ad->bd", (M1, arr((4, 3)), arr((2, 3)))),
):
    names = ["x", "y", "w"][: len(ts)]
    case(
        f'einsum("{eq}", {", ".join(names)})',
        f'torch.einsum("{eq}",{",".join(names)})',
        **dict(zip(names, ts)),
    )
case("unfold(x, 2)", "F.unfold(x,2)", IMG)
case("unfold(x, [2, 3], stride=2, padding=1)", "F.unfold(x,(2,3),stride=2,padding=1)", IMG)
case("unfold(x, 2, dilation=2)", "F.unfold(x,2,dilation=2)", IMG)
case("x.unfold(1, 2, 1)", "x.unfold(1,2,1)", A)
case("x.unfold(2, 3, 2)", "x.unfold(2,3,2)", IMG)
case(
    "kl_div(log_softmax(x, dim=1), softmax(y, dim=1))", "F.kl_div(F.log_softmax(x,1),F.softmax(y,1))", A, y=B
)
for r in ("mean", "sum", "none", "batchmean"):
    case(
        f'kl_div(log_softmax(x, dim=1), softmax(y, dim=1), reduction="{r}")',
        f'F.kl_div(F.log_softmax(x,1),F.softmax(y,1),reduction="{r}")',
        A,
        y=B,
    )
    case(
        f'kl_div(log_softmax(x, dim=1), log_softmax(y, dim=1), reduction="{r}", log_target=true)',
        f'F.kl_div(F.log_softmax(x,1),F.log_softmax(y,1),reduction="{r}",log_target=True)',
        A,
        y=B,
    )
S = torch.sign(B)
for r in ("mean", "sum", "none"):
    case(
        f'hinge_embedding_loss(x, sign(y), reduction="{r}")',
        f'F.hinge_embedding_loss(x,torch.sign(y),reduction="{r}")',
        A,
        y=B,
    )
    case(
        f'hinge_embedding_loss(x, sign(y), margin=0.3, reduction="{r}")',
        f'F.hinge_embedding_loss(x,torch.sign(y),margin=0.3,reduction="{r}")',
        A,
        y=B,
    )
    case(
        f'soft_margin_loss(x, sign(y), reduction="{r}")',
        f'F.soft_margin_loss(x,torch.sign(y),reduction="{r}")',
        A,
        y=B,
    )
    case(
        f'margin_ranking_loss(x, w, sign(y), 0.2, reduction="{r}")',
        f'F.margin_ranking_loss(x,w,torch.sign(y),0.2,reduction="{r}")',
        A,
        w=P,
        y=B,
    )
    for full in ("false", "true"):
        for li in ("true", "false"):
            case(
                f'poisson_nll_loss(x, y, log_input={li}, full={full}, reduction="{r}")',
                f'F.poisson_nll_loss(x,y,log_input={li.title()},full={full.title()},reduction="{r}")',
                P,
                y=P * 2,
            )
for kw in (
    "",
    "stride=2",
    "padding=1",
    "stride=2, output_padding=1",
    "dilation=2",
    "stride=2, padding=1, output_padding=1",
):
    k = ", " + kw if kw else ""
    case(f"conv_transpose2d(x, w{k})", f"F.conv_transpose2d(x,w{k})", IMG, w=arr((3, 2, 2, 3), seed=4))
    case(f"conv_transpose1d(x, w{k})", f"F.conv_transpose1d(x,w{k})", T3, w=arr((3, 2, 2), seed=4))
case("conv_transpose2d(x, w, b)", "F.conv_transpose2d(x,w,b)", IMG, w=arr((3, 2, 2, 3), seed=4), b=V[:2])
case("conv_transpose2d(x, w, groups=3)", "F.conv_transpose2d(x,w,groups=3)", IMG, w=arr((3, 2, 2, 3), seed=4))
case("conv_transpose1d(x, w, b)", "F.conv_transpose1d(x,w,b)", T3, w=arr((3, 2, 2), seed=4), b=V[:2])
for a in ("scale_factor=2", "size=[7, 3]", "size=6", "scale_factor=[1.5, 2]"):
    at = a.replace("[", "(").replace("]", ")")
    case(f"interpolate(x, {a})", f"F.interpolate(x,{at})", IMG)
    for al in ("false", "true"):
        case(
            f'interpolate(x, {a}, mode="bilinear", align_corners={al})',
            f'F.interpolate(x,{at},mode="bilinear",align_corners={al.title()})',
            IMG,
        )
case('interpolate(x, scale_factor=2, mode="linear")', 'F.interpolate(x,scale_factor=2,mode="linear")', T3)
case("interpolate(x, size=3)", "F.interpolate(x,size=3)", T3)
case("full_like(x, 7)", "torch.full_like(x,7)", A, grad=False)
for m in ("float", "double", "long", "bool"):
    case(f"(x*3).{m}()", f"(x*3).{m}()", A, grad=m in ("float", "double"))
case('x.to("float32")*2', "x.float()*2", A)
case("x.view(3, 2)", "x.view(3,2)", A)
case("x.clone()*2", "x.clone()*2", A)
case("sum(x, axis=1)", "torch.sum(x,axis=1)", A)
case("split(x, [1, 2], dim=1)[1]", "torch.split(x,[1,2],dim=1)[1]", A)


def flat(t):
    t = t.detach().double()
    return [
        list(t.shape),
        [float(f"{v:.10g}") if v == v and abs(v) != float("inf") else str(v) for v in t.flatten().tolist()],
    ]


rows = []
for code, expression, inputs, grad in C:
    env = {k: v.clone().requires_grad_(grad) for k, v in inputs.items()}
    if "sign(y)" in code:
        env["y"] = env["y"].detach()
    z = eval(expression, {"torch": torch, "F": F, **env})
    program = (
        "; ".join(f"{'param ' if env[k].requires_grad else ''}{k} = {lit(v)}" for k, v in inputs.items())
        + f"; z = {code}"
    )
    out = {"z": flat(z)}
    if grad:
        (z.double() * z.double()).sum().backward()
        program += "; loss = sum(z*z); loss.backward()"
        for k in inputs:
            if env[k].requires_grad and env[k].grad is not None:
                out[f"{k}.grad"] = flat(env[k].grad)
    rows.append([program, str(z.dtype).replace("torch.", ""), out])


def made(program, **out):
    rows.append([program, str(out["z"].dtype).replace("torch.", ""), {k: flat(v) for k, v in out.items()}])


START = 'set_default_dtype("float32"); seed(3); '


def short(t):
    return (t * 1e5).round() / 1e5


def settings(kw):
    return "".join(f", {k}={str(v).lower()}" for k, v in kw.items())


X = short(torch.rand(5, 2, 3, generator=torch.Generator().manual_seed(1)))

for kind, cls in (("rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)):
    for kw in (
        {},
        {"num_layers": 2},
        {"bidirectional": True},
        {"num_layers": 3, "dropout": 0.4},
        {"num_layers": 2, "bidirectional": True, "dropout": 0.3, "batch_first": True},
        {"bias": False, "bidirectional": True},
    ):
        torch.manual_seed(3)
        m = cls(3, 4, **kw)
        x = X.transpose(0, 1).contiguous() if kw.get("batch_first") else X
        out, s = m(x)
        (out * out).sum().backward()
        last = s[1] if kind == "lstm" else s
        made(
            START
            + f"m = {kind}(3, 4{settings(kw)}); x = {lit(x)}; z, s = m(x); loss = sum(z*z); loss.backward(); "
            + f"last = {'s[1]' if kind == 'lstm' else 's'}; g = concat([p.grad.view(-1) for p in m.parameters()])",
            z=out,
            last=last,
            g=torch.cat([p.grad.view(-1) for p in m.parameters()]),
        )
for kw in (
    {},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"kdim": 5, "vdim": 3},
    {"kdim": 5, "vdim": 3, "add_bias_kv": True, "add_zero_attn": True},
):
    torch.manual_seed(3)
    m = nn.MultiheadAttention(4, 2, batch_first=True, **kw)
    g = torch.Generator().manual_seed(2)
    q = short(torch.rand(2, 3, 4, generator=g))
    k = short(torch.rand(2, 6, kw.get("kdim", 4), generator=g))
    v = short(torch.rand(2, 6, kw.get("vdim", 4), generator=g))
    out, w = m(q, k, v)
    (out * out).sum().backward()
    made(
        START
        + f"m = multihead_attention(4, 2, batch_first=true{settings(kw)}); q = {lit(q)}; k = {lit(k)}; v = {lit(v)}; "
        + "z, w = m(q, k, v); loss = sum(z*z); loss.backward(); g = concat([p.grad.view(-1) for p in m.parameters()])",
        z=out,
        w=w,
        g=torch.cat([p.grad.view(-1) for p in m.parameters()]),
    )
for name, cls in (("conv_transpose2d", nn.ConvTranspose2d), ("conv_transpose1d", nn.ConvTranspose1d)):
    for kw in ({}, {"stride": 2, "padding": 1, "output_padding": 1}, {"groups": 2, "bias": False}):
        torch.manual_seed(3)
        m = cls(2, 4, 3, **kw)
        x = torch.rand(
            (2, 2, 5, 4) if "2d" in name else (2, 2, 5), generator=torch.Generator().manual_seed(1)
        )
        x = short(x)
        made(START + f"m = {name}(2, 4, 3{settings(kw)}); z = m({lit(x)})", z=m(x))
OPTIMIZERS = {
    "adadelta": (
        torch.optim.Adadelta,
        [{}, {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1}, {"maximize": True}],
    ),
    "adamax": (
        torch.optim.Adamax,
        [{}, {"lr": 0.1, "betas": [0.8, 0.9], "weight_decay": 0.1}, {"eps": 1e-3}],
    ),
    "nadam": (
        torch.optim.NAdam,
        [
            {},
            {"lr": 0.1, "momentum_decay": 0.01, "weight_decay": 0.1},
            {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        ],
    ),
    "radam": (
        torch.optim.RAdam,
        [
            {},
            {"lr": 0.1, "weight_decay": 0.1},
            {"lr": 0.1, "betas": [0.8, 0.9]},
            {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        ],
    ),
}
for name, (cls, all_settings) in OPTIMIZERS.items():
    for kw in all_settings:
        for steps in (1, 2, 9):
            w = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
            opt = cls([w], **kw)
            for i in range(steps):
                opt.zero_grad()
                ((w * w * w).sum() + w.sum() * i).backward()
                opt.step()
            made(
                f"param w = [0.5, -1, 2]; opt = {name}(w{settings(kw)}); for i in range({steps}) {{ opt.zero_grad(); "
                + "loss = sum(w*w*w) + sum(w)*i; loss.backward(); opt.step() }; z = w*1",
                z=w,
            )
L = torch.optim.lr_scheduler
SCHEDULES = [
    ("constant_lr(opt)", lambda o: L.ConstantLR(o)),
    ("constant_lr(opt, 0.5, total_iters=3)", lambda o: L.ConstantLR(o, 0.5, total_iters=3)),
    ("polynomial_lr(opt)", lambda o: L.PolynomialLR(o)),
    ("polynomial_lr(opt, 8, power=2)", lambda o: L.PolynomialLR(o, 8, power=2)),
    ("cosine_annealing_warm_restarts(opt, 3)", lambda o: L.CosineAnnealingWarmRestarts(o, 3)),
    (
        "cosine_annealing_warm_restarts(opt, 2, T_mult=2, eta_min=0.01)",
        lambda o: L.CosineAnnealingWarmRestarts(o, 2, T_mult=2, eta_min=0.01),
    ),
    ("lambda_lr(opt, fn(t) = 0.9^t)", lambda o: L.LambdaLR(o, lambda t: 0.9**t)),
]
for code, make in SCHEDULES:
    w = torch.tensor([1.0], requires_grad=True)
    opt = torch.optim.SGD([w], lr=0.1)
    schedule = make(opt)
    rates = []
    for i in range(12):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        schedule.step()
    made(
        f"param w = [1]; opt = sgd(w, lr=0.1); s = {code}; rates = (); for i in range(12) {{ rates.append(opt.lr); "
        + "opt.step(); s.step() }; z = tensor(rates)",
        z=torch.tensor(rates, dtype=torch.float64),
    )
p4, rows2 = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([[1.0, 2, 3], [3, 0, 1]])
DRAWS = [
    ("multinomial([0.1, 0.2, 0.3, 0.4], 1)", lambda: torch.multinomial(p4, 1)),
    ("multinomial([0.1, 0.2, 0.3, 0.4], 3)", lambda: torch.multinomial(p4, 3)),
    (
        "multinomial([0.1, 0.2, 0.3, 0.4], 9, replacement=true)",
        lambda: torch.multinomial(p4, 9, replacement=True),
    ),
    ("multinomial([[1, 2, 3], [3, 0, 1]], 2)", lambda: torch.multinomial(rows2, 2)),
    ("multinomial([[1, 2, 3], [3, 0, 1]], 5, true)", lambda: torch.multinomial(rows2, 5, True)),
    ("bernoulli([0.1, 0.2, 0.3, 0.4])", lambda: torch.bernoulli(p4)),
    ("trunc_normal([30])", lambda: nn.init.trunc_normal_(torch.empty(30))),
    (
        "trunc_normal([40], mean=1, std=2, a=0, b=0.5)",
        lambda: nn.init.trunc_normal_(torch.empty(40), mean=1, std=2, a=0, b=0.5),
    ),
    ("orthogonal([3, 5])", lambda: nn.init.orthogonal_(torch.empty(3, 5))),
    ("orthogonal([5, 3], gain=2)", lambda: nn.init.orthogonal_(torch.empty(5, 3), gain=2)),
    (
        "randperm(5, generator=generator(7))",
        lambda: torch.randperm(5, generator=torch.Generator().manual_seed(7)),
    ),
    ("rand(3, generator=generator(7))", lambda: torch.rand(3, generator=torch.Generator().manual_seed(7))),
    (
        "randint(0, 9, [4], generator=generator(7))",
        lambda: torch.randint(0, 9, (4,), generator=torch.Generator().manual_seed(7)),
    ),
]
for code, draw in DRAWS:
    for s in range(3):
        torch.manual_seed(s)
        made(f'set_default_dtype("float32"); seed({s}); z = {code}', z=draw())
with open("functions.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
print(len(rows))
