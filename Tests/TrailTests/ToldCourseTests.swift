import Events
import Foundation
import Testing

@testable import Trail

/// What became of a proposal is compared with what the trail tells of it, name by name as far as they are known.
struct ToldCourseTests {
  private static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

  /// Begun, written in and put to the vote by these, then ratified.
  private static func course(_ begun: String?, _ editors: String?..., proposedBy: String? = "ada") -> ToldCourse {
    var course = ToldCourse()
    course.take("drafted", at: at(1), by: begun, version: nil, amendedBy: nil)
    for editor in editors { course.take("edited", at: at(2), by: editor, version: nil, amendedBy: nil) }
    course.take("proposed", at: at(3), by: proposedBy, version: nil, amendedBy: nil)
    course.take("voted", at: at(4), by: "eve", version: nil, amendedBy: nil)
    course.take("ratified", at: at(4), by: "eve", version: 7, amendedBy: nil)
    return course
  }

  private static func stored(_ writers: String?...) -> ToldCourse {
    ToldCourse(createdAt: at(1), proposedAt: at(3), closedAt: at(4), version: 7, writers: writers)
  }

  @Test func `each is named once, in the order of their hands`() {
    #expect(Self.course("ada", "ada", "bob", "bob", nil).writers == ["ada", "bob", nil])
    #expect(ToldCourse(writers: ["ada", AuditPerson.erased]).writers == ["ada", nil])
  }

  @Test(arguments: [
    (course("ada"), stored("ada"), true), (course("ada", "bob"), stored("ada", "bob"), true),
    (course("ada", "bob"), stored("ada"), false), (course("ada"), stored("ada", "bob"), false),
    (course("ada", "bob"), stored("bob", "ada"), false), (course("ada"), stored("eve"), false),
    (course("ada"), ToldCourse(createdAt: at(1), proposedAt: at(3), closedAt: at(4), version: 7), false),
    // A name that went from one side is looked for on the other.
    (course(nil, "bob"), stored("ada", "bob"), true), (course(nil, "bob"), stored("ada"), false),
    (course(nil, "bob"), stored("eve", "bob"), false),
    (course(nil, "bob", proposedBy: nil), stored("eve", "bob"), true), (course("ada", "bob"), stored("ada", nil), true),
    (course("ada", "bob"), stored(nil, nil), true), (course("ada", "bob"), stored("eve", nil), false),
    (course("ada", "bob"), stored(nil, "eve"), false), (course(nil, nil, proposedBy: nil), stored(nil, nil), true),
  ])
  func `who had a hand in it is compared as far as it is known`(told: ToldCourse, stored: ToldCourse, same: Bool) {
    #expect(told.agrees(with: stored) == same)
  }

  @Test(
    arguments: [
      { $0.createdAt = at(9) }, { $0.proposedAt = nil }, { $0.closedAt = at(9) }, { $0.closedAt = nil },
      { $0.version = 8 }, { $0.version = nil }, { $0.amendedBy = UUID() },
    ] as [@Sendable (inout ToldCourse) -> Void])
  func `another moment or another outcome is another course`(change: @Sendable (inout ToldCourse) -> Void) {
    var other = Self.stored("ada")
    change(&other)
    #expect(!Self.course("ada").agrees(with: other))
    #expect(ToldCourse().agrees(with: other), "a trail without its beginning says nothing")
  }

  @Test func `the impact that counts is the one that was told last, once the vote has ended`() {
    let (first, second) = (
      ToldImpact(digest: "1", asOf: Self.at(3)), ToldImpact(digest: "2", asOf: Self.at(3))
    )
    var told = Self.course("ada")
    #expect(!told.isAnotherImpact(first), "an earlier program told of none")
    told.impact = first
    #expect(!told.isAnotherImpact(first))
    #expect(told.isAnotherImpact(second) && told.isAnotherImpact(nil))
    #expect(told.isAnotherImpact(ToldImpact(digest: "1", asOf: Self.at(4))))
    told.impact = ToldImpact(digest: nil, asOf: nil)
    #expect(!told.isAnotherImpact(nil) && told.isAnotherImpact(first))
    let ground = ToldImpact.Ground(
      policyVersion: 2, offerVersion: 3, snapshotDigest: "4", day: "2026-01-01", effectiveAt: nil)
    var stored = first
    stored.ground = ground
    told.impact = first
    #expect(!told.isAnotherImpact(stored), "an earlier program told of none")
    told.impact = stored
    #expect(!told.isAnotherImpact(stored) && told.isAnotherImpact(first))
    stored.ground?.offerVersion = 4
    #expect(told.isAnotherImpact(stored))
    // While it is voted on it is worked out anew.
    told.closedAt = nil
    #expect(!told.isAnotherImpact(first))
  }
}
