// swift-tools-version: 6.2
// Targets stand in the order in which data flows; a target imports only targets named above it.
import PackageDescription

/// Whether this build is of the engine that a page carries: `Sources/Engine/build` sets it.
let isForPage = Context.environment["NNREPL_ENGINE"] != nil

/// The C of every platform: on a page with Debian's library and vectors of 128 bits; tests would take hours over loops
/// that nobody has optimised.
let platformC: [CSetting] =
  isForPage
  ? [.unsafeFlags(["-isystem", "/usr/include/wasm32-wasi", "-D__wasi__", "-msimd128", "-O3"])]
  : [.unsafeFlags(["-O2"], .when(configuration: .debug))]

/// Every target treats warnings as errors and speaks Swift 6.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The numeric core and the interpreter run on one thread at a time, and the graph's own objects never
/// leave it, so run-time exclusivity checks only cost time there (10 % of a scalar backward pass).
let hot: [SwiftSetting] =
  strict + [
    .unsafeFlags(
      ["-enforce-exclusivity=unchecked", "-Xfrontend", "-assume-single-threaded"],
      .when(configuration: .release))
  ]

/// A release carries what it needs of Swift's libraries: nothing is looked for and relocated at each start, which
/// were a quarter of it.
let own: [LinkerSetting] = [
  // The toolchain's own linker, as the default one warns of functions that nothing here calls.
  .unsafeFlags(["-static-stdlib", "-use-ld=lld"], .when(configuration: .release)),
  // Of FoundationEssentials, which does not name them itself.
  .linkedLibrary("_FoundationCShims", .when(configuration: .release)),
  .linkedLibrary("_FoundationCollections", .when(configuration: .release)),
]

/// The interpreter is made of closures, and only where all files are one for LLVM is a closure's body a part of
/// what is called, instead of being called by it.
let whole: [SwiftSetting] = [
  .unsafeFlags(
    [
      "-Xfrontend", "-enable-single-module-llvm-emission",
      // Closures with the same code but for a constant are not to share it: that is another call.
      "-Xfrontend", "-disable-llvm-merge-functions-pass",
    ], .when(configuration: .release))
]

let package = Package(
  name: "nnrepl",
  products: [.executable(name: "nnrepl", targets: ["nnrepl"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    // What a run may still use and whether Ctrl-C was pressed, read by every loop and kernel that takes long; what
    // must have the same bits everywhere and is built for several processors; OpenBLAS, where the machine has it, for
    // large matrix products; memory and the clock.
    .target(name: "CPlatform", cSettings: platformC),

    // The program and the page: threads, clock, memory; elementary functions and matrix products.
    .target(name: "Platform", dependencies: ["CPlatform"], swiftSettings: hot),

    // Texts and formulas as trees: Markdown and mathematics.
    .target(
      name: "Typesetting", dependencies: ["Platform", "CMarkGFM"],
      exclude: ["Markdown+Page.swift"], swiftSettings: strict),

    // What Swift cannot say: processes closed off for good.
    .target(name: "CSupport", dependencies: ["CPlatform"]),

    // libedit: its variadic functions, one for each use.
    .target(name: "CEditLine", linkerSettings: [.linkedLibrary("edit")]),

    // Markdown, read by cmark.
    .systemLibrary(
      name: "CMarkGFM", providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),

    // JSON as the program writes it.
    .target(name: "JSONText", swiftSettings: strict),

    // Where source text is kept, and what can be said about a span of it.
    .target(name: "Diagnostics", swiftSettings: strict),

    // Text to tokens to tree, with recovery; a formatter back to text.
    .target(name: "Syntax", dependencies: ["Diagnostics"], swiftSettings: strict),

    // Shapes, storage, dtypes, broadcasting, kernels, BLAS, random streams; no gradients.
    .target(name: "Tensors", dependencies: ["CPlatform", "Platform"], swiftSettings: hot),

    // The op table, the recorded graph, backward, replay, gradient checks.
    .target(
      name: "Autograd", dependencies: ["CPlatform", "Platform", "Tensors"], swiftSettings: hot),

    // Optimizers, schedules, data sets, saved weights.
    .target(
      name: "Training",
      dependencies: ["CPlatform", "JSONText", "Platform", "Tensors", "Autograd"],
      exclude: ["Safetensors+Page.swift"],
      swiftSettings: hot),

    // Turns a graph into a derivation: steps, factors, paths, numbers, as data.
    .target(
      name: "Explain", dependencies: ["Platform", "Syntax", "Tensors", "Autograd", "Training"],
      swiftSettings: strict),

    // Lessons, exercises, data sets, the library in nn and help pages, carried inside the program.
    .plugin(name: "EmbedPlugin", capability: .buildTool(), path: "Sources/EmbeddedFiles/Plugin"),
    .target(
      name: "EmbeddedFiles", exclude: ["Plugin"], swiftSettings: strict, plugins: ["EmbedPlugin"]),

    // Values, the machine that runs a program, the compiler from trees to closures.
    .target(
      name: "Interpreter",
      dependencies: [
        "CPlatform", "Platform", "Diagnostics", "Tensors", "Autograd", "Training", "Explain",
        "Syntax",
      ],
      swiftSettings: hot + whole),

    // Every name that the language has: ops, layers, data, figures; and its part that is written in itself.
    .target(
      name: "Builtins",
      dependencies: [
        "Platform", "Diagnostics", "Tensors", "Autograd", "Training", "Explain", "Syntax",
        "EmbeddedFiles",
        "Interpreter",
      ],
      exclude: ["Library"], swiftSettings: hot),

    // Cells and `Session`: text in, events out.
    .target(
      name: "Session",
      dependencies: [
        "Platform", "Diagnostics", "Tensors", "Autograd", "Training", "Explain", "Syntax",
        "Interpreter", "Builtins",
      ],
      swiftSettings: hot),

    // Lessons: reading them, and comparing what they print with what was recorded.
    .target(
      name: "Lessons",
      dependencies: [
        "Platform", "JSONText", "EmbeddedFiles", "Diagnostics", "Interpreter", "Builtins",
        "Session",
      ], swiftSettings: strict),

    // What a notebook told, as data; and that data as JSON.
    .target(
      name: "Documents",
      dependencies: [
        "JSONText", "Platform", "Diagnostics", "Tensors", "Autograd", "Training", "Explain",
        "Syntax", "Interpreter", "Session", "Lessons",
      ], swiftSettings: strict),

    // Exercises: check files, fresh inputs, verdicts and the reasons for them, records.
    .target(
      name: "Grading",
      dependencies: [
        "Platform", "JSONText", "Diagnostics", "Tensors", "Autograd", "Syntax", "Interpreter",
        "Builtins", "Session",
      ],
      swiftSettings: strict),

    // Any value above as styled text.
    .target(
      name: "Rendering",
      dependencies: [
        "Platform", "JSONText", "Typesetting", "Diagnostics", "EmbeddedFiles", "Tensors",
        "Autograd", "Training", "Explain",
        "Syntax",
        "Interpreter",
        "Builtins", "Session", "Lessons", "Documents",
        "Grading",
      ],
      exclude: ["Pages"], swiftSettings: strict),

    // What a notebook told as a page: HTML, pictures in SVG, mathematics in MathML.
    .target(
      name: "Pages",
      dependencies: [
        "Platform", "JSONText", "Typesetting", "Diagnostics", "EmbeddedFiles", "Tensors",
        "Autograd",
        "Training", "Explain", "Syntax", "Interpreter", "Builtins", "Session", "Lessons",
        "Documents", "Rendering",
      ],
      exclude: ["Assets"], swiftSettings: strict),

    // All of the above for a browser: requests in, answers out.
    .target(
      name: "Engine",
      dependencies: [
        "CPlatform", "Platform", "JSONText", "Diagnostics", "Tensors", "Explain", "Interpreter",
        "Session", "Lessons", "Documents", "Grading", "Rendering", "Pages",
      ], exclude: ["build", "unpack.c", "check", "check.mjs", "Modules"], swiftSettings: strict),

    // What a notebook told, for others: notebooks, PyTorch, a site.
    .target(
      name: "Export",
      dependencies: [
        "JSONText", "Platform", "Typesetting", "Diagnostics", "EmbeddedFiles", "Tensors",
        "Autograd", "Training", "Explain", "Syntax", "Interpreter", "Builtins", "Session",
        "Lessons", "Documents", "Grading", "Rendering", "Pages",
      ],
      swiftSettings: strict),

    // A session at work: cells, commands, completion, stepping; text in, text out.
    .target(
      name: "Workbench",
      dependencies: [
        "Platform", "Diagnostics", "Tensors", "Autograd", "Training", "Explain", "Syntax",
        "Interpreter",
        "Builtins", "Session", "Lessons", "Documents", "Grading", "EmbeddedFiles",
        "Rendering",
      ],
      swiftSettings: strict),

    // Arguments, files, processes, terminal. All input and output is here.
    .executableTarget(
      name: "nnrepl",
      dependencies: [
        "CPlatform", "Platform", "CSupport", "CEditLine", "JSONText", "Diagnostics",
        "EmbeddedFiles",
        "Interpreter",
        "Builtins", "Session", "Lessons", "Documents", "Grading",
        "Rendering", "Pages", "Export",
        "Workbench",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["NewCourse"], swiftSettings: strict, linkerSettings: own),

    // What several test targets need.
    .target(
      name: "TestSupport", dependencies: ["Diagnostics", "Interpreter", "Session"],
      path: "Tests/Support",
      swiftSettings: strict),
    .testTarget(
      name: "PlatformTests", dependencies: ["CPlatform", "Platform"], exclude: ["elementary.txt"],
      swiftSettings: strict),
    .testTarget(
      name: "TensorsTests", dependencies: ["CPlatform", "Platform", "Tensors"],
      swiftSettings: strict),
    .testTarget(
      name: "AutogradTests", dependencies: ["Tensors", "Autograd"], swiftSettings: strict),
    .testTarget(
      name: "SyntaxTests", dependencies: ["Diagnostics", "Syntax"], swiftSettings: strict),
    .testTarget(
      name: "ExplainTests",
      dependencies: [
        "Diagnostics", "Tensors", "Autograd", "Explain", "Interpreter", "Builtins", "Session",
      ],
      swiftSettings: strict),
    .testTarget(name: "TypesettingTests", dependencies: ["Typesetting"], swiftSettings: strict),
    .testTarget(
      name: "DocumentsTests",
      dependencies: ["JSONText", "Diagnostics", "Session", "Lessons", "Documents"],
      swiftSettings: strict),
    .testTarget(
      name: "ExportTests",
      dependencies: [
        "Diagnostics", "EmbeddedFiles", "Tensors", "Explain", "Interpreter", "Session", "Lessons",
        "Documents", "Grading", "Pages", "Export",
      ], swiftSettings: strict),
    .testTarget(name: "JSONTextTests", dependencies: ["JSONText"], swiftSettings: strict),
    .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"], swiftSettings: strict),
    .testTarget(name: "EmbeddedFilesTests", dependencies: ["EmbeddedFiles"], swiftSettings: strict),
    .testTarget(
      name: "TrainingTests", dependencies: ["Autograd", "Tensors", "Training"],
      swiftSettings: strict),
    .testTarget(
      name: "InterpreterTests",
      dependencies: [
        "Diagnostics", "Interpreter", "Session", "TestSupport",
      ], exclude: ["Remedies"], swiftSettings: strict),
    .testTarget(
      name: "BuiltinsTests",
      dependencies: ["Diagnostics", "Interpreter", "Builtins", "Session", "TestSupport"],
      exclude: ["Diagnosis"], swiftSettings: strict),
    // PyTorch's numbers, through whole sessions.
    .testTarget(
      name: "SessionTests",
      dependencies: [
        "Diagnostics", "Tensors", "Autograd", "Training", "Interpreter", "Builtins", "Session",
      ],
      exclude: ["Goldens", "EndToEnd", "Sweeps"], swiftSettings: strict),
    .testTarget(
      name: "LessonsTests",
      dependencies: ["Diagnostics", "Interpreter", "Session", "Lessons", "Rendering"],
      swiftSettings: strict),
    .testTarget(
      name: "RenderingTests",
      dependencies: ["Lessons", "Diagnostics", "Interpreter", "Builtins", "Session", "Rendering"],
      swiftSettings: strict),
    .testTarget(
      name: "GradingTests",
      dependencies: ["EmbeddedFiles", "Grading", "Interpreter", "Builtins", "Session"],
      exclude: ["WrongAnswers"], swiftSettings: strict),
    .testTarget(
      name: "WorkbenchTests",
      dependencies: [
        "Diagnostics", "Tensors", "Interpreter", "Builtins", "Session", "Lessons", "Rendering",
        "Workbench",
      ],
      exclude: ["FirstThings"], swiftSettings: strict),
    // Drives the program itself, on a terminal and through pipes. It does not depend on it: what the program is
    // linked with is not for tests, and all programs are built with them.
    .target(name: "CTerminal", path: "Tests/CTerminal"),
    .testTarget(
      name: "TerminalTests", dependencies: ["CTerminal", "Grading"],
      exclude: ["Screens"], swiftSettings: strict),
    .testTarget(
      name: "TranscriptTests",
      dependencies: [
        "EmbeddedFiles", "Diagnostics", "Interpreter", "Builtins", "Session", "Lessons",
        "Rendering", "Syntax", "TestSupport",
      ],
      exclude: ["Transcripts"], swiftSettings: strict),
  ]
)

// A page's engine is one module: whole, it is compiled in a quarter of the time. `Sources/Engine/Modules` has empty
// modules by the names that its files import.
if isForPage {
  package.products = []
  package.dependencies = []
  package.targets = package.targets.filter { ["CPlatform", "EmbedPlugin"].contains($0.name) }
  package.targets.append(
    .target(
      name: "Engine", dependencies: ["CPlatform"], path: "Sources",
      exclude: [
        "CEditLine", "CMarkGFM", "CPlatform", "CSupport", "Export", "Workbench",
        "nnrepl", "README.md",
        "EmbeddedFiles/Plugin", "Builtins/Library", "Rendering/Pages", "Pages/Assets",
        "Engine/build", "Engine/check", "Engine/check.mjs", "Engine/unpack.c", "Engine/Modules",
        // What needs Foundation, cmark, a digest or processes.
        "JSONText/JSON+Encoding.swift", "JSONText/JSON+Decoding.swift",
        "Training/Safetensors.swift", "Training/Safetensors+Header.swift",
        "Typesetting/Markdown.swift",
        "Lessons/LessonProgress.swift", "Lessons/Diff.swift", "Grading/Course/Course.swift",
        "Grading/Records/CourseProgress.swift", "Grading/Records/Formats.swift",
        "Grading/Records/Lateness.swift", "Grading/Records/MarkSheet.swift",
        "Grading/Records/RecordBook.swift", "Grading/Reports", "Grading/Judging/CourseLint.swift",
        "Grading/Judging/Mutations.swift", "Grading/Judging/Submission.swift",
        "Rendering/CheckText+Course.swift", "Rendering/FeedbackText.swift",
        "Rendering/ReportText.swift", "Rendering/PlaybackJSON.swift", "Rendering/HelpText.swift",
        "Rendering/LessonList.swift", "Rendering/FunctionPage.swift", "Rendering/Glossary.swift",
        "Pages/Page/DocumentPage.swift", "Pages/Page/PageEngine.swift",
        "Pages/Page/LiveCells.swift",
      ],
      sources: [
        "Platform", "JSONText", "Diagnostics", "Syntax", "Tensors", "Autograd", "Training",
        "Explain", "EmbeddedFiles", "Interpreter", "Builtins", "Session", "Typesetting", "Lessons",
        "Documents", "Grading", "Rendering", "Pages", "Engine",
      ],
      swiftSettings: [
        .enableExperimentalFeature("Embedded"), .enableExperimentalFeature("Extern"),
        .unsafeFlags([
          "-wmo", "-Osize", "-Xcc", "-isystem", "-Xcc", "/usr/include/wasm32-wasi", "-I",
          "Sources/Engine/Modules", "-enforce-exclusivity=unchecked",
        ]),
      ], plugins: ["EmbedPlugin"]))
}
