"""What can go wrong with an announcement."""


class AnnouncementError(Exception):
    """The deed is not possible now; the message is for the editor, in the active language."""
