import Testing

@testable import Reconciler

/// What is away for a moment, and again shortly after.
struct AbsenceTests {
  private let start = ContinuousClock.now
  private let patience = Duration.seconds(60)

  @Test func `only one that lasts is told, and what it shows by may change meanwhile`() {
    var absence = Absence()
    #expect(absence.left(of: patience, at: start) == nil && absence.reason == nil)
    absence.goesOn("503", at: start)
    absence.goesOn("connection refused", at: start + .seconds(50))
    #expect(absence.left(of: patience, at: start + .seconds(50)) == .seconds(10))
    #expect(absence.left(of: patience, at: start + .seconds(60)) == .zero)
    #expect(absence.reason == "connection refused")
  }

  @Test func `one that came shortly after another has its own time`() {
    var absence = Absence()
    absence.goesOn("503", at: start)
    absence.ends()
    #expect(absence.left(of: patience, at: start + .seconds(60)) == nil)
    absence.goesOn("503", at: start + .seconds(59))
    #expect(absence.left(of: patience, at: start + .seconds(60)) == .seconds(59))
  }
}
