// What has been told already.
import Platform
import Diagnostics

/// Warnings are told once.
struct Findings {
  /// Whether a nan or inf has been told of in this run: what follows from it is no news.
  private(set) var birth = false
  private var warnings: Set<String> = []
  private var places: Set<UInt64> = []
  /// Whether a script was told that something it uses means something else since its version.
  var change = false

  mutating func beginRun() { birth = false }

  /// Whether a warning is news: the first of its kind at its place.
  /// - Parameter isBirth: whether it is of a nan or inf that a forward step made. One is told in a run.
  mutating func isNews(_ warning: Diagnostic, isBirth: Bool) -> Bool {
    if isBirth {
      if birth { return false }
      birth = true
    }
    let place = warning.span.map { "\($0.source):\($0.start)" } ?? ""
    return warnings.insert("\(warning.id.rawValue) \(place)").inserted
  }

  /// Whether a place has not told its finding yet; in a loop the first time is enough.
  mutating func isFirst(_ span: Span) -> Bool {
    places.insert(UInt64(bitPattern: Int64(span.source)) << 32 | UInt64(span.start)).inserted
  }

  /// Whether something has not been found yet.
  mutating func isFirst(_ object: AnyObject) -> Bool {
    places.insert(UInt64(identity(of: object))).inserted
  }
}
