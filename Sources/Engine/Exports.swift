// What the page's script calls. Texts go in and out as UTF-8 in the engine's memory.
import CPlatform
import JSONText
import Platform

/// The one engine of a page's worker.
nonisolated(unsafe) private var engine = Engine { text in
  #if arch(wasm32)
    let bytes = Array(text.utf8)
    page_show(bytes, bytes.count)
  #endif
}

/// Memory for a request of so many bytes, until the request is made.
@_cdecl("nn_allocate") public func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
  nnrepl_allocate(count)
}

/// Does what is asked: a verb and its parts, with a zero byte between them. The answer is a length, in four bytes, and
/// so many bytes of JSON; it stays until the next request.
@_cdecl("nn_request") public func request(
  _ bytes: UnsafeMutableRawPointer, _ count: Int
) -> UnsafeMutableRawPointer? {
  let text = UnsafeRawBufferPointer(start: bytes, count: count)
  let parts = text.split(separator: 0, omittingEmptySubsequences: false).map {
    String(decoding: $0, as: UTF8.self)
  }
  nnrepl_free(bytes, count)
  return kept(answer(parts).line)
}

private func answer(_ parts: [String]) -> JSON {
  func part(_ place: Int) -> String { place < parts.count ? parts[place] : "" }
  switch part(0) {
  case "reset":
    engine.reset(header: part(1))
    return .null
  case "run": return engine.run(part(3), number: Int(part(1)), name: part(2))
  case "numbers": return engine.numbers(part(1))
  case "number": return engine.number(part(1))
  case "check":
    return engine.check(
      part(1), checks: part(2), starter: part(3), conditions: part(4), script: part(5))
  case "play": return engine.play(part(2), name: part(1))
  default: return .string("no such request: \(part(0))")
  }
}

/// The last answer.
nonisolated(unsafe) private var last: (bytes: UnsafeMutableRawPointer, count: Int)?

private func kept(_ text: String) -> UnsafeMutableRawPointer? {
  if let last { nnrepl_free(last.bytes, last.count) }
  last = nil
  let text = Array(text.utf8)
  guard let bytes = nnrepl_allocate(text.count + 4) else { return nil }
  bytes.storeBytes(of: UInt32(text.count).littleEndian, as: UInt32.self)
  text.withUnsafeBytes { from in
    if let start = from.baseAddress {
      (bytes + 4).copyMemory(from: start, byteCount: text.count)
    }
  }
  last = (bytes, text.count + 4)
  return bytes
}
