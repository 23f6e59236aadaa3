import Model
import Testing

/// How large a project may be.
struct ProjectBoundsTests {
  /// As many environments.
  private static func many(_ count: Int, replicas: Int? = nil) -> [ProjectSpec.Environment] {
    (0..<count).map { number in
      .init(name: "env\(number)", stage: "dev", quota: Samples.project.environments[0].quota, replicas: replicas)
    }
  }

  private static func errors(spoil: (inout ProjectSpec) -> Void) -> Set<String> {
    var spec = Samples.project
    spoil(&spec)
    let problems = AnyResource.project(Resource("candilib", spec)).problems
    return Set(problems.filter { $0.severity == .error }.map(\.path))
  }

  @Test func `a project may be as large as the bounds say`() {
    var spec = Samples.project
    (spec.spread, spec.colocation) = ([], [])
    spec.environments = Self.many(64, replicas: 2)
    #expect(AnyResource.project(Resource("candilib", spec)).problems.isEmpty)
  }

  @Test func `more environments or replicas than anyone has are refused`() {
    #expect(Self.errors { $0.environments = Self.many(65) } == ["spec.environments"])
    #expect(Self.errors { $0.environments = Self.many(17, replicas: 8) } == ["spec.environments"])
  }

  @Test func `more wishes or spreads than anyone has are refused`() {
    let wishes = Self.errors {
      $0.preferences.terms = Array(repeating: $0.preferences.terms[0], count: 65)
      $0.preferences.weighted = Array(repeating: $0.preferences.weighted[0], count: 65)
    }
    #expect(wishes == ["spec.preferences.terms", "spec.preferences.weighted"])
    #expect(Self.errors { $0.spread = Array(repeating: $0.spread[0], count: 33) } == ["spec.spread"])
  }
}
