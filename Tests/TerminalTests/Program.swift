import Foundation

/// The program without a terminal.
enum Program {
  static func start(
    _ arguments: [String], in folder: String? = nil, errors: FileHandle = .nullDevice
  ) throws -> (Process, Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Terminal.program)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, pipe)
  }

  /// With what it tells on standard error.
  static func tell(_ arguments: [String], in folder: String? = nil) throws
    -> (status: Int32, output: String, told: String)
  {
    let told = FileManager.default.temporaryDirectory.appending(path: "told-\(UUID().uuidString)")
    try Data().write(to: told)
    defer { try? FileManager.default.removeItem(at: told) }
    let (process, pipe) = try start(
      arguments, in: folder, errors: try FileHandle(forWritingTo: told))
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = (try? String(contentsOf: told, encoding: .utf8)) ?? ""
    return (process.terminationStatus, String(decoding: output, as: UTF8.self), text)
  }

  static func run(_ arguments: [String], in folder: String? = nil) throws
    -> (status: Int32, output: String)
  {
    let (process, pipe) = try start(arguments, in: folder)
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// A folder that is removed with its owner.
final class Scratch {
  let path = NSTemporaryDirectory() + "nnrepl-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

  func write(_ data: Data, to name: String) throws {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
  }

  func text(_ name: String) -> String? {
    try? String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }
}
