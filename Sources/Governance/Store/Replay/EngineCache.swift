import Model
import NIOConcurrencyHelpers
import Placement

/// Engines of the past, a few: whoever asks about one decision asks about its neighbours.
final class EngineCache: Sendable {
  /// What an engine is made of.
  struct Key: Hashable, Sendable {
    var offer: [UInt8]
    var policy: Int64
    /// Of the policy's document: numbers come again where a database was restored.
    var document: String
    var day: CalendarDay
  }

  private static let most = 8
  private let engines = NIOLockedValueBox<[(key: Key, engine: Engine)]>([])

  func find(_ key: Key) -> Engine? {
    engines.withLockedValue { engines in
      guard let position = engines.firstIndex(where: { $0.key == key }) else { return nil }
      let found = engines.remove(at: position)
      engines.append(found)
      return found.engine
    }
  }

  func keep(_ engine: Engine, as key: Key) {
    engines.withLockedValue { engines in
      engines.removeAll { $0.key == key }
      engines.append((key, engine))
      if engines.count > Self.most { engines.removeFirst() }
    }
  }
}
