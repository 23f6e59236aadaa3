import Foundation
import Synchronization

/// How values of a type are written. Asking a type what it conforms to costs more than reading a value, so it is asked
/// once.
enum TypeSort: Sendable {
  /// One of a few names: an enumeration.
  case closedList
  /// A text, or a number, of a certain form.
  case writtenAsText
  /// An object whose field names are free.
  case freelyNamed
  /// Anything else.
  case other

  private static let known = Mutex<[ObjectIdentifier: TypeSort]>([:])

  static func of<Value>(_ type: Value.Type) -> TypeSort {
    known.withLock { known in
      let identifier = ObjectIdentifier(type)
      if let sort = known[identifier] { return sort }
      let sort = found(type)
      known[identifier] = sort
      return sort
    }
  }

  private static func found<Value>(_ type: Value.Type) -> TypeSort {
    if type is any (RawRepresentable & CaseIterable).Type { return .closedList }
    if type is any FreelyNamed.Type { return .freelyNamed }
    let textual: [any Any.Type] = [Quantity.self, CalendarDay.self, Date.self, UUID.self]
    return textual.contains { $0 == type } ? .writtenAsText : .other
  }
}

/// A type whose field names are free: a dictionary keyed by text.
private protocol FreelyNamed {}
extension Dictionary: FreelyNamed where Key == String {}
