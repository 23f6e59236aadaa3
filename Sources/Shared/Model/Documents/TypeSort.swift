import Foundation

/// How values of a type are written.
enum TypeSort: Sendable {
  /// One of a few names: an enumeration.
  case closedList
  /// A text, or a number, of a certain form.
  case writtenAsText
  /// An object whose field names are free.
  case freelyNamed
  /// Anything else.
  case other

  init<Value>(of type: Value.Type) {
    let textual: [any Any.Type] = [Quantity.self, CalendarDay.self, Date.self, UUID.self]
    self =
      if type is any (RawRepresentable & CaseIterable).Type {
        .closedList
      } else if type is any FreelyNamed.Type {
        .freelyNamed
      } else {
        textual.contains { $0 == type } ? .writtenAsText : .other
      }
  }
}

/// A type whose field names are free: a dictionary keyed by text.
private protocol FreelyNamed {}
extension Dictionary: FreelyNamed where Key == String {}
