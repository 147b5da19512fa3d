"""Only drafts are changed or deleted, whichever view asks: a form, a menu, a bulk action."""

from wagtail.permission_policies import ModelPermissionPolicy


class AnnouncementPolicy(ModelPermissionPolicy):
    def user_has_permission_for_instance(self, user, action, instance):
        is_allowed = super().user_has_permission_for_instance(user, action, instance)
        return is_allowed and (action not in {"change", "delete"} or instance.is_editable)
