"""Several people on one composition: members, comments, title, who is there, and the numbered changes behind it all."""
