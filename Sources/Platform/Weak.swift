// References that keep nothing alive.

#if arch(wasm32)
  /// A page's Swift has no weak references: objects that are referred to so must say when they end.
  package struct Weak<Object: AnyObject> {
    private let anchor: Anchor?

    /// - Parameter object: calls `Mortality.end` in its `deinit`.
    package init(_ object: Object?) { anchor = object.map(Mortality.anchor) }

    /// The object, while it is there.
    package var object: Object? {
      guard let anchor, anchor.isAlive else { return nil }
      return Unmanaged<Object>.fromOpaque(anchor.address).takeUnretainedValue()
    }
  }

  /// Whether an object is still there.
  final class Anchor {
    let address: UnsafeMutableRawPointer
    var isAlive = true
    init(_ address: UnsafeMutableRawPointer) { self.address = address }
  }

  /// Which of the objects that are weakly referred to are still there.
  package enum Mortality {
    nonisolated(unsafe) private static var anchors: [UnsafeMutableRawPointer: Anchor] = [:]

    static func anchor<Object: AnyObject>(of object: Object) -> Anchor {
      let address = Unmanaged.passUnretained(object).toOpaque()
      if let known = anchors[address] { return known }
      let anchor = Anchor(address)
      anchors[address] = anchor
      return anchor
    }

    /// Told by an object that ends.
    package static func end<Object: AnyObject>(of object: Object) {
      anchors.removeValue(forKey: Unmanaged.passUnretained(object).toOpaque())?.isAlive = false
    }
  }
#else
  /// A reference that keeps nothing alive.
  package struct Weak<Object: AnyObject> {
    package private(set) weak var object: Object?
    package init(_ object: Object?) { self.object = object }
  }
#endif

/// Which object it is, as a number.
package func identity(of object: AnyObject) -> UInt {
  UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())
}
