import Model

/// A period of days, both included; an absent end is open.
struct Period {
  var first: CalendarDay?
  var last: CalendarDay?

  init(_ first: CalendarDay?, _ last: CalendarDay?) {
    self.first = first
    self.last = last
  }

  func contains(_ day: CalendarDay) -> Bool {
    if let first, day < first { return false }
    if let last, day > last { return false }
    return true
  }
}
