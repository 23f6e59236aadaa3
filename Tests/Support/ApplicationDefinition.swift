/// The definition of Argo CD's Applications as an API server takes it, without their fields: all are let through, as a status
/// is in the real one, which has no subresource for it either.
public enum ApplicationDefinition {
  /// Where definitions are made.
  public static let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

  /// The body.
  public static let json = """
    {
      "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
      "metadata": {"name": "applications.argoproj.io"},
      "spec": {
        "group": "argoproj.io", "scope": "Namespaced",
        "names": {
          "kind": "Application", "listKind": "ApplicationList", "plural": "applications", "singular": "application",
          "shortNames": ["app", "apps"]
        },
        "versions": [{
          "name": "v1alpha1", "served": true, "storage": true,
          "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}
        }]
      }
    }
    """
}
